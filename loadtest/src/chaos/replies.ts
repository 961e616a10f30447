// Counts the replies that workers send to API instances: a job may have one.
import { setTimeout as pause } from 'node:timers/promises';
import { decodeReply, type Keys, type Redis } from '@synset/shared';

/** Often enough: an instance trims its stream after a hundred replies. */
const LOOK_MS = 100;

export class ReplyCount {
  /** Replies seen, by job. */
  readonly byJob = new Map<string, number>();
  readonly #redis: Redis;
  readonly #keys: Keys;
  readonly #read = new Map<string, string>();
  #watching = true;
  readonly #loop: Promise<void>;

  constructor(redis: Redis, keys: Keys) {
    this.#redis = redis;
    this.#keys = keys;
    this.#loop = this.#watch();
  }

  async close(): Promise<void> {
    this.#watching = false;
    await this.#loop;
  }

  async #watch(): Promise<void> {
    while (this.#watching) {
      await this.#look().catch(() => {}); // Redis is down; its streams come back with it
      await pause(LOOK_MS);
    }
  }

  async #look(): Promise<void> {
    const MATCH = this.#keys.replies('*');
    for await (const streams of this.#redis.scanIterator({ MATCH, COUNT: 10_000 })) {
      for (const stream of streams) await this.#readOn(stream);
    }
  }

  async #readOn(stream: string): Promise<void> {
    const after = this.#read.get(stream);
    const entries = await this.#redis.xRange(stream, after ? `(${after}` : '-', '+');
    for (const { id, message } of entries ?? []) {
      const { jobId } = decodeReply(message);
      this.byJob.set(jobId, (this.byJob.get(jobId) ?? 0) + 1);
      this.#read.set(stream, id);
    }
  }
}
