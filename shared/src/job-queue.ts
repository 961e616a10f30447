// The job stream as the services use it: published, claimed, renewed, finished.
import { encodeJob, type Job } from './job.ts';
import { GROUP, type Keys } from './keys.ts';
import { encodePrediction } from './predictions.ts';
import {
  BURY_UNREADABLE,
  CLAIM,
  DROP,
  FINISH,
  HAS_ROOM,
  PROGRESS,
  PUBLISH,
  SET_IDLE,
} from './queue-scripts.ts';
import { type BufferRedis, inTime, type Redis, runScript, withBuffers } from './redis.ts';
import { decodeRecord, type JobRecord, type Reply } from './reply.ts';

/** How long it is known of a job that may wait for ever that it waits. */
export const PROMISED_RECORD_S = 7 * 24 * 3600;

/** An idle time that no setting exceeds: whoever looks next takes the entry. */
const RELEASED_MS = 24 * 3600 * 1000;

/** How long it is told of a job that it could not be read. */
const UNREADABLE_TTL_S = 3600;

export interface QueueLimits {
  readonly maxJobs: number;
  /** Of all photos together. */
  readonly maxBytes: number;
}

export type Fullness =
  | { readonly status: 'room' }
  | {
      readonly status: 'full';
      readonly jobs: number;
      readonly bytes: number;
      /** What there is too much of. */
      readonly what: 'jobs' | 'bytes' | 'memory';
    };

type Full = Extract<Fullness, { status: 'full' }>;
type FullAnswer = ['full', Full['jobs'], Full['bytes'], Full['what']];

export type Published =
  | { readonly status: 'queued' }
  /** There is a job of this ID already. */
  | { readonly status: 'known'; readonly record: JobRecord }
  | Full;

export interface Entry {
  readonly id: string;
  readonly fields: Record<string, Buffer>;
  /** How often Redis has handed it to a worker, this time included. */
  readonly deliveries: number;
}

/** How a job ended. */
export interface Ending {
  readonly job: Job;
  readonly reply: Reply;
  /** What the cache gets to know. */
  readonly cache?: { readonly key: string; readonly value: string; readonly ttlS: number };
  /** Why the job is given up: it becomes a dead letter. */
  readonly death?: {
    readonly reason: string;
    readonly error: string;
    readonly deliveries: number;
  };
}

/** All methods reject when Redis does not answer in time. */
export class JobQueue {
  readonly #redis: Redis;
  readonly #buffers: BufferRedis;
  readonly #keys: Keys;

  constructor(redis: Redis, keys: Keys) {
    this.#redis = redis;
    this.#buffers = withBuffers(redis);
    this.#keys = keys;
  }

  /** Adds the job unless the queue is full or knows it. Its record expires `recordTtlS` later. */
  async publish(job: Job, limits: QueueLimits, recordTtlS: number): Promise<Published> {
    const { jobs, jobBytes, result } = this.#keys;
    const { header, image } = encodeJob(job);
    const answer = (await this.#run(
      PUBLISH,
      [jobs, jobBytes, result(job.id)],
      [header, image, limits.maxJobs, limits.maxBytes, job.sha256, recordTtlS],
    )) as ['queued'] | ['known', string] | FullAnswer;
    if (answer[0] === 'known') return { status: 'known', record: decodeRecord(answer[1]) };
    return answer[0] === 'full' ? toFull(answer) : { status: 'queued' };
  }

  /** Tells without a photo being sent whether one of `bytes` has room. */
  async fullness(bytes: number, limits: QueueLimits): Promise<Fullness> {
    const keys = [this.#keys.jobs, this.#keys.jobBytes];
    const args = [bytes, limits.maxJobs, limits.maxBytes];
    const answer = (await this.#run(HAS_ROOM, keys, args)) as ['room'] | FullAnswer;
    return answer[0] === 'full' ? toFull(answer) : { status: 'room' };
  }

  /** True when there is a job whose worker has not renewed its claim for `idleMs`. */
  async hasClaimable(idleMs: number): Promise<boolean> {
    const options = { IDLE: idleMs };
    const pending = this.#redis.xPendingRange(this.#keys.jobs, GROUP, '-', '+', 1, options);
    return (await inTime(this.#redis, pending)).length > 0;
  }

  /** Takes over one such job. */
  async claim(consumer: string, idleMs: number): Promise<Entry | null> {
    const claiming = runScript(this.#buffers, CLAIM, [this.#keys.jobs], [GROUP, consumer, idleMs]);
    const claimed = (await inTime(this.#redis, claiming)) as [Buffer, Buffer[], number] | null;
    if (!claimed) return null;
    const [id, fields, deliveries] = claimed;
    return { id: id.toString(), fields: toRecord(fields), deliveries };
  }

  /** Says that the consumer is at work on these entries. Gives those that others have taken over. */
  async renew(consumer: string, ids: readonly string[]): Promise<string[]> {
    return await this.#setIdle(consumer, 0, ids);
  }

  /** Hands an entry back, for whoever looks next. */
  async release(consumer: string, id: string): Promise<void> {
    await this.#setIdle(consumer, RELEASED_MS, [id]);
  }

  /** Replies, keeps the result, removes the entry. False when another worker has done so before. */
  async finish(entryId: string, { job, reply, cache, death }: Ending): Promise<boolean> {
    const { jobs, jobBytes, dead, result, predictions, predictionIds } = this.#keys;
    const record = result(job.id);
    const keys = [jobs, jobBytes, record, dead, cache?.key ?? record, predictions, predictionIds];
    if (job.replyTo) keys.push(job.replyTo);
    const finished = await this.#run(FINISH, keys, [
      ...[GROUP, entryId, job.image.length, JSON.stringify(reply), job.resultTtlS],
      ...[cache?.value ?? '', cache?.ttlS ?? ''],
      ...[death?.reason ?? '', death?.error ?? '', death?.deliveries ?? ''],
      ...[job.id, reply.status === 'done' ? encodePrediction(reply) : ''],
    ]);
    return finished === 1;
  }

  /** Removes a job that nobody waits for. */
  async drop(entryId: string, { id, image }: Job): Promise<void> {
    const { jobs, jobBytes, result } = this.#keys;
    await this.#run(DROP, [jobs, jobBytes, result(id)], [GROUP, entryId, image.length]);
  }

  /** Makes a dead letter of an entry that is no job, and tells who may come for its result. */
  async bury({ id: entryId, fields, deliveries }: Entry, error: string): Promise<void> {
    const { jobs, jobBytes, dead, result } = this.#keys;
    const jobId = idOf(fields);
    const detail = 'The job cannot be read: it may come from another version of the service.';
    const reply: Reply = { jobId, status: 'failed', sha256: '', code: 'JOB_FAILED', detail };
    await this.#run(
      BURY_UNREADABLE,
      [jobs, jobBytes, dead, result(jobId)],
      [GROUP, entryId, error, deliveries, JSON.stringify(reply), UNREADABLE_TTL_S],
    );
  }

  /** Tells the workers that nobody waits for this job any more. */
  async withdraw(jobId: string, ttlMs: number): Promise<void> {
    const key = this.#keys.withdrawn(jobId);
    await inTime(this.#redis, this.#redis.set(key, '1', { PX: Math.ceil(ttlMs) }));
  }

  /** False when the job was withdrawn, or another worker has answered it meanwhile. */
  async isWanted({ id }: Job): Promise<boolean> {
    const { withdrawn, result } = this.#keys;
    const [gone, record] = await inTime(this.#redis, this.#redis.mGet([withdrawn(id), result(id)]));
    return !gone && (!record || decodeRecord(record).status === 'queued');
  }

  /** Where a job is whose record says that it waits; `gone` when it is in the stream no more. */
  async progress(entryId: string): Promise<'queued' | 'processing' | 'gone'> {
    const args = [GROUP, entryId];
    return (await this.#run(PROGRESS, [this.#keys.jobs], args)) as 'queued' | 'processing' | 'gone';
  }

  async #setIdle(consumer: string, idleMs: number, ids: readonly string[]): Promise<string[]> {
    const args = [GROUP, consumer, idleMs, ...ids];
    return (await this.#run(SET_IDLE, [this.#keys.jobs], args)) as string[];
  }

  #run(script: string, keys: string[], args: (string | number | Buffer)[]): Promise<unknown> {
    return inTime(this.#redis, runScript(this.#redis, script, keys, args));
  }
}

/** The ID in a header that is none of ours; empty where it has none. */
function idOf({ header }: Entry['fields']): string {
  try {
    return String(JSON.parse(`${header}`).id ?? '');
  } catch {
    return '';
  }
}

const toFull = ([status, jobs, bytes, what]: FullAnswer): Full => ({ status, jobs, bytes, what });

/** Names and values by turns, as Redis lists fields. */
export function toRecord<T>(fields: readonly T[]): Record<string, T> {
  const record: Record<string, T> = {};
  for (let i = 0; i + 1 < fields.length; i += 2) {
    record[`${fields[i]}`] = fields[i + 1] as T;
  }
  return record;
}
