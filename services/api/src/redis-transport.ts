// Jobs and replies over Redis Streams.
import { randomUUID } from 'node:crypto';
import {
  BLOCK_MS,
  createRedis,
  decodeReply,
  describeError,
  inTime,
  type Job,
  JobQueue,
  type JobRecord,
  jobAttributes,
  type Keys,
  type Logger,
  PROMISED_RECORD_S,
  Problem,
  type Published,
  type QueueLimits,
  ReadLoop,
  type Redis,
  type Reply,
  readInTime,
} from '@synset/shared';
import { maxBacklog, queueFull, serviceRate } from './admission.ts';
import type { NewJob, Transport } from './transport.ts';
import { noRedis, noWorker, unavailable } from './unavailable.ts';
import type { WorkerWatch } from './worker-watch.ts';

/** Delivered replies after which the stream is trimmed. */
const TRIM_AFTER = 100;
/** How long it is known that a job waits, beyond the time that it may wait. */
const RECORD_GRACE_S = 60;

export interface RedisTransportOptions {
  readonly url: string;
  /** The connection for all that does not block; others may share it. */
  readonly redis: Redis;
  readonly keys: Keys;
  readonly watch: WorkerWatch;
  /** Most jobs, and most bytes of photos, that may wait, over all instances. */
  readonly queueLimit: number;
  readonly queueBytes: number;
  readonly log: Logger;
}

export class RedisTransport implements Transport {
  readonly #options: RedisTransportOptions;
  readonly #queue: JobQueue;
  readonly #reader: Redis;
  readonly #loop: ReadLoop;
  readonly #replies: string;
  #lastReply = '0-0';
  #delivered = 0;
  #wasFull = false;
  #onReply: (reply: Reply) => void = () => {};

  constructor(options: RedisTransportOptions) {
    const { url, redis, keys, log } = options;
    const instance = randomUUID();
    this.#options = options;
    this.#queue = new JobQueue(redis, keys);
    this.#replies = keys.replies(instance);
    this.#reader = createRedis({ url, name: `synset-api-${instance}-replies`, log });
    this.#loop = new ReadLoop({
      reader: this.#reader,
      redis,
      prepare: async () => {},
      read: () => this.#read(),
      log,
    });
  }

  get connected(): boolean {
    return this.#options.redis.isReady && this.#loop.healthy;
  }

  /** Does not wait for Redis: an API that starts first is alive, and ready later. */
  start(onReply: (reply: Reply) => void): void {
    this.#onReply = onReply;
    this.#reader.connect().then(
      () => this.#loop.start(),
      () => {}, // closed before it stood
    );
  }

  async publish({ span, ...job }: NewJob): Promise<JobRecord | null> {
    const { keys } = this.#options;
    const sending = span?.start(`send ${keys.jobs}`, {
      kind: 'producer',
      attributes: () => jobAttributes(keys, job, 'send'),
    });
    try {
      const known = await this.#publish({ ...job, traceparent: sending?.traceparent ?? null });
      sending?.end();
      return known;
    } catch (error) {
      sending?.end(error instanceof Problem ? error.code : 'INTERNAL');
      throw error;
    }
  }

  async #publish({
    awaited,
    ...job
  }: Omit<NewJob, 'span'> & Pick<Job, 'traceparent'>): Promise<JobRecord | null> {
    if (!this.connected) throw noRedis();
    const workers = await this.#options.watch.recent().catch(unavailable);
    if (workers.length === 0) throw noWorker();
    const jobsPerS = serviceRate(workers);
    const { queueLimit, queueBytes } = this.#options;
    const limits = {
      maxJobs: maxBacklog(queueLimit, jobsPerS, job.budgetMs),
      maxBytes: queueBytes,
    };
    const published = await this.#send(
      { ...job, replyTo: awaited ? this.#replies : null, replayed: false },
      limits,
    ).catch(unavailable);
    this.#wasFull = published.status === 'full';
    if (published.status === 'full') throw queueFull(published, jobsPerS);
    return published.status === 'known' ? published.record : null;
  }

  /** Once the queue was full, a photo is only sent to Redis when there is room for it. */
  async #send(job: Job, limits: QueueLimits): Promise<Published> {
    if (this.#wasFull) {
      const fullness = await this.#queue.fullness(job.image.length, limits);
      if (fullness.status === 'full') return fullness;
    }
    const budgetS = job.budgetMs === null ? PROMISED_RECORD_S : Math.ceil(job.budgetMs / 1000);
    return await this.#queue.publish(job, limits, budgetS + RECORD_GRACE_S);
  }

  async withdraw(jobId: string, ttlMs: number): Promise<void> {
    await this.#queue.withdraw(jobId, ttlMs).catch(() => {});
  }

  async close(): Promise<void> {
    const { redis } = this.#options;
    await this.#loop.close();
    if (redis.isReady) await inTime(redis, redis.del(this.#replies)).catch(() => {});
    if (this.#reader.isOpen) this.#reader.destroy();
  }

  async #read(): Promise<void> {
    const streams = await readInTime(
      this.#reader,
      this.#reader.xRead(
        { key: this.#replies, id: this.#lastReply },
        { COUNT: 100, BLOCK: BLOCK_MS },
      ),
    );
    if (!streams) await this.#startOver();
    for (const stream of streams ?? []) {
      for (const { id, message } of stream.messages) {
        this.#lastReply = id;
        this.#deliver(message);
        this.#delivered++;
      }
    }
    if (this.#delivered >= TRIM_AFTER) await this.#trim();
  }

  /**
   * A stream that has expired begins anew, and with lower IDs where Redis's clock was set back or
   * another server has taken over: the replies would never be read.
   */
  async #startOver(): Promise<void> {
    const { redis } = this.#options;
    const exists = await inTime(redis, redis.exists(this.#replies));
    if (exists === 0) this.#lastReply = '0-0';
  }

  /** Delivered replies are of no more use: 1000 categories each, 10 000 would be 480 MB. */
  async #trim(): Promise<void> {
    const { redis } = this.#options;
    this.#delivered = 0;
    const oldest = Number.parseInt(this.#lastReply, 10);
    await inTime(redis, redis.xTrim(this.#replies, 'MINID', oldest));
  }

  /** A reply that cannot be read must not stop those behind it. */
  #deliver(message: Record<string, string>): void {
    try {
      this.#onReply(decodeReply(message));
    } catch (error) {
      this.#options.log.error({ err: describeError(error) }, 'unreadable reply');
    }
  }
}
