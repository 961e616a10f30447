// Reads jobs from the stream as a member of the consumer group, no more than it has room for.
import {
  BLOCK_MS,
  type BufferRedis,
  ensureGroup,
  GROUP,
  type Keys,
  type Logger,
  ReadLoop,
  type Redis,
  withBuffers,
} from '@synset/shared';

export interface Entry {
  readonly id: string;
  readonly fields: Record<string, Buffer>;
}

export interface ConsumerOptions {
  readonly reader: Redis;
  readonly redis: Redis;
  readonly keys: Keys;
  readonly name: string;
  /** Jobs under way at the same time. */
  readonly capacity: number;
  readonly log: Logger;
  /** Does the whole job, its reply included. What it rejects with is logged. */
  readonly handle: (entry: Entry) => Promise<void>;
}

export class Consumer {
  readonly #options: ConsumerOptions;
  readonly #reader: BufferRedis;
  readonly #running = new Set<Promise<void>>();
  readonly #loop: ReadLoop;
  #closing = false;

  constructor(options: ConsumerOptions) {
    const { reader, redis, keys, log } = options;
    this.#options = options;
    this.#reader = withBuffers(reader);
    this.#loop = new ReadLoop({
      reader,
      redis,
      prepare: () => ensureGroup(redis, keys.jobs, GROUP),
      read: () => this.#read(),
      log,
    });
  }

  start(): void {
    this.#loop.start();
  }

  /** Stops reading, then waits for the jobs under way. */
  async close(): Promise<void> {
    this.#closing = true;
    await this.#loop.close();
    await Promise.all(this.#running);
  }

  async #read(): Promise<void> {
    const { capacity, name, keys } = this.#options;
    while (this.#running.size >= capacity) await Promise.race(this.#running);
    if (this.#closing) return;
    const streams = await this.#reader.xReadGroup(
      GROUP,
      name,
      { key: keys.jobs, id: '>' },
      { COUNT: capacity - this.#running.size, BLOCK: BLOCK_MS },
    );
    for (const stream of streams ?? []) {
      for (const { id, message } of stream.messages) {
        this.#start({ id: id.toString(), fields: { ...message } });
      }
    }
  }

  #start(entry: Entry): void {
    const running = this.#options
      .handle(entry)
      .catch((err) => this.#options.log.error({ entry: entry.id, err }, 'job not finished'))
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }
}
