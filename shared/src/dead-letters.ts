// The dead letters, jobs that were given up: seen, tried again, thrown away.
import { z } from 'zod';
import { decodeHeader, type JobHeader } from './job.ts';
import { PROMISED_RECORD_S, toRecord } from './job-queue.ts';
import type { Keys } from './keys.ts';
import { LETTERS, REPLAY } from './queue-scripts.ts';
import {
  type BufferRedis,
  describeError,
  inTime,
  type Redis,
  runScript,
  withBuffers,
} from './redis.ts';

/**
 * Letters read at a time. Redis takes 30 ms to copy a photo of 10 MiB for the script and does nothing
 * else meanwhile.
 */
const PAGE = 3;
/** Whoever replays a job comes back for its result by hand. */
const RESULT_TTL_S = 3600;
/** As Redis makes them. Its commands take more, such as `-` and parts of an ID. */
const LETTER_ID = /^\d{1,19}-\d{1,19}$/;

export interface DeadLetter {
  readonly id: string;
  /** When the job was given up; an invalid date where Redis did not make the ID. */
  readonly at: Date;
  /** `killed` or `failed`; `unreadable` where the entry is no letter of ours, and `error` why. */
  readonly reason: string;
  readonly error: string;
  readonly deliveries: number;
  /** Null where the letter is unreadable. */
  readonly job: JobHeader | null;
  /** Of the photo. */
  readonly bytes: number;
}

/** Redis's answer to LETTERS: ID, names and values by turns; the photo is a number. */
type RawLetter = [Buffer, (Buffer | number)[]];

/** All methods reject when Redis does not answer in time. */
export class DeadLetters {
  readonly #redis: Redis;
  readonly #buffers: BufferRedis;
  readonly #keys: Keys;

  constructor(redis: Redis, keys: Keys) {
    this.#redis = redis;
    this.#buffers = withBuffers(redis);
    this.#keys = keys;
  }

  async count(): Promise<number> {
    return await inTime(this.#redis, this.#redis.xLen(this.#keys.dead));
  }

  /** Oldest first. */
  async *list(): AsyncGenerator<DeadLetter> {
    let from = '-';
    for (;;) {
      const letters = await this.#read(from, '+', PAGE);
      yield* letters;
      const last = letters.at(-1);
      if (!last) return;
      from = `(${last.id}`;
    }
  }

  /** With the photo, if it has one. Null when there is no such letter. */
  async get(id: string): Promise<(DeadLetter & { readonly image: Buffer | null }) | null> {
    const letter = await this.#find(id);
    if (!letter) return null;
    const entries = this.#buffers.xRange(this.#keys.dead, id, id);
    const [entry] = (await inTime(this.#redis, entries)) ?? [];
    return entry ? { ...letter, image: (entry.message.image as Buffer | undefined) ?? null } : null;
  }

  /**
   * Makes a job of it again, as one that nobody waits for: its result is kept. Gives the ID of the
   * job; null when there is no such letter. Throws where the letter is no job.
   */
  async replay(id: string): Promise<string | null> {
    const letter = await this.#find(id);
    if (!letter) return null;
    if (!letter.job) throw new Error(`${id} is no job: ${letter.error}`);
    const again = { replyTo: null, budgetMs: null, resultTtlS: RESULT_TTL_S, replayed: true };
    const job = { ...letter.job, ...again };
    const { jobs, jobBytes, dead, result, withdrawn } = this.#keys;
    const keys = [jobs, jobBytes, result(job.id), dead, withdrawn(job.id)];
    const args = [id, JSON.stringify(job), job.sha256, PROMISED_RECORD_S];
    const done = runScript(this.#redis, REPLAY, keys, args);
    return (await inTime(this.#redis, done)) === 1 ? job.id : null;
  }

  /** False when there is no such letter. */
  async discard(id: string): Promise<boolean> {
    if (!LETTER_ID.test(id)) return false;
    return (await inTime(this.#redis, this.#redis.xDel(this.#keys.dead, id))) === 1;
  }

  /** Gives how many there were. */
  async discardAll(): Promise<number> {
    return await inTime(this.#redis, this.#redis.xTrim(this.#keys.dead, 'MAXLEN', 0));
  }

  async #find(id: string): Promise<DeadLetter | null> {
    if (!LETTER_ID.test(id)) return null;
    const [letter] = await this.#read(id, id, 1);
    return letter ?? null;
  }

  async #read(from: string, to: string, count: number): Promise<DeadLetter[]> {
    const letters = runScript(this.#buffers, LETTERS, [this.#keys.dead], [from, to, count]);
    return ((await inTime(this.#redis, letters)) as RawLetter[]).map(toLetter);
  }
}

function toLetter([rawId, rawFields]: RawLetter): DeadLetter {
  const id = rawId.toString();
  const { reason, error, deliveries, header, image } = toRecord(rawFields);
  const known = {
    id,
    at: new Date(Number.parseInt(id, 10)),
    deliveries: Number(deliveries ?? 0),
    bytes: Number(image ?? 0),
  };
  try {
    if (!Buffer.isBuffer(header) || image === undefined) {
      throw new TypeError('it has not the fields of a job: header, image');
    }
    const job = decodeHeader(header);
    return { ...known, reason: `${reason ?? 'unknown'}`, error: `${error ?? ''}`, job };
  } catch (cause) {
    return { ...known, reason: 'unreadable', error: why(cause), job: null };
  }
}

/** Zod's own message is JSON of many lines. */
function why(error: unknown): string {
  if (!(error instanceof z.ZodError)) return describeError(error);
  return error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
}
