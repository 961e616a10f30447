// Jobs and replies over Redis Streams.
import { randomUUID } from 'node:crypto';
import {
  BLOCK_MS,
  createRedis,
  decodeReply,
  describeError,
  encodeJob,
  type Keys,
  type Logger,
  liveWorkers,
  Problem,
  ReadLoop,
  type Redis,
  type Reply,
  type WorkerInfo,
} from '@synset/shared';
import type { NewJob, Transport } from './transport.ts';

const RETRY_AFTER_S = 2;
/** Delivered replies after which the stream is trimmed. */
const TRIM_AFTER = 100;

export class RedisTransport implements Transport {
  readonly #keys: Keys;
  readonly #log: Logger;
  readonly #reader: Redis;
  readonly #loop: ReadLoop;
  readonly #replies: string;
  #lastReply = '0-0';
  #delivered = 0;
  #onReply: (reply: Reply) => void = () => {};
  /** The connection for all that does not block; the photo store shares it. */
  readonly redis: Redis;

  constructor(url: string, keys: Keys, log: Logger) {
    const instance = randomUUID();
    this.#keys = keys;
    this.#log = log;
    this.#replies = keys.replies(instance);
    this.redis = createRedis({ url, name: `synset-api-${instance}-main`, log });
    this.#reader = createRedis({ url, name: `synset-api-${instance}-replies`, log });
    this.#loop = new ReadLoop({
      reader: this.#reader,
      redis: this.redis,
      prepare: async () => {},
      read: () => this.#read(),
      log,
    });
  }

  get connected(): boolean {
    return this.redis.isReady && this.#loop.healthy;
  }

  /** Does not wait for Redis: an API that starts first is alive, and ready later. */
  start(onReply: (reply: Reply) => void): void {
    this.#onReply = onReply;
    // A connection that is closed before it stood rejects.
    this.redis.connect().catch(() => {});
    this.#reader.connect().then(
      () => this.#loop.start(),
      () => {},
    );
  }

  async publish(job: NewJob): Promise<void> {
    const entry = encodeJob({ ...job, replyTo: this.#replies });
    await this.redis.xAdd(this.#keys.jobs, '*', entry).catch(unavailable);
  }

  async workers(): Promise<WorkerInfo[]> {
    return await liveWorkers(this.redis, this.#keys).catch(unavailable);
  }

  async close(): Promise<void> {
    await this.#loop.close();
    if (this.redis.isReady) await this.redis.del(this.#replies).catch(() => {});
    for (const client of [this.#reader, this.redis]) if (client.isOpen) client.destroy();
  }

  async #read(): Promise<void> {
    const streams = await this.#reader.xRead(
      { key: this.#replies, id: this.#lastReply },
      { COUNT: 100, BLOCK: BLOCK_MS },
    );
    for (const stream of streams ?? []) {
      for (const { id, message } of stream.messages) {
        this.#lastReply = id;
        this.#deliver(message);
        this.#delivered++;
      }
    }
    if (this.#delivered >= TRIM_AFTER) await this.#trim();
  }

  /** Delivered replies are of no more use: 1000 categories each, 10 000 would be 480 MB. */
  async #trim(): Promise<void> {
    this.#delivered = 0;
    await this.redis.xTrim(this.#replies, 'MINID', Number.parseInt(this.#lastReply, 10));
  }

  /** A reply that cannot be read must not stop those behind it. */
  #deliver(message: Record<string, string>): void {
    try {
      this.#onReply(decodeReply(message));
    } catch (error) {
      this.#log.error({ err: describeError(error) }, 'unreadable reply');
    }
  }
}

/** Redis says `OOM` when a job no longer fits into its memory. */
function unavailable(error: unknown): never {
  const options = { retryAfterS: RETRY_AFTER_S, cause: error };
  if (describeError(error).startsWith('OOM')) {
    throw new Problem('QUEUE_FULL', 'The queue has no memory left for another photo.', options);
  }
  throw new Problem('QUEUE_UNAVAILABLE', 'The queue cannot be reached at the moment.', options);
}
