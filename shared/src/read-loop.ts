// Reads a stream again and again on a connection of its own, through failures, until closed.
import type { Logger } from './log.ts';
import { COMMAND_TIMEOUT_MS, describeError, inTime, isGroupGone, type Redis } from './redis.ts';

/** Longest wait in one read: finite, since reads that never settle have been seen (bullmq#1658). */
export const BLOCK_MS = 2000;

/** Waits for a read that blocks, and no longer: one that never settles breaks the connection. */
export const readInTime = <T>(reader: Redis, read: Promise<T>): Promise<T> =>
  inTime(reader, read, BLOCK_MS + COMMAND_TIMEOUT_MS);

const MAX_BACKOFF_MS = 1000;

export interface ReadLoopOptions {
  /** The connection that blocks: whatever else came over it would wait for the read to end. */
  readonly reader: Redis;
  /** Another connection. */
  readonly redis: Redis;
  /** Runs before the first read and after each failure. */
  readonly prepare: () => Promise<void>;
  /** One read that blocks for a while, see `readInTime`, and handing over what it brought. */
  readonly read: () => Promise<void>;
  readonly log: Logger;
}

export class ReadLoop {
  readonly #options: ReadLoopOptions;
  #readerId = 0;
  #healthy = false;
  #stopping = false;
  #loop: Promise<void> | undefined;

  constructor(options: ReadLoopOptions) {
    this.#options = options;
  }

  /** True while the last read succeeded. */
  get healthy(): boolean {
    return this.#healthy;
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  /** Ends the reading, when the read under way has handed over what it brought. */
  async close(): Promise<void> {
    this.#stopping = true;
    // Ends the blocked read without losing what Redis may just be handing over, which cutting the
    // connection would leave pending.
    // Without it, and without Redis, the read ends by itself.
    const { redis } = this.#options;
    if (redis.isReady) {
      await inTime(redis, redis.clientUnblock(this.#readerId)).catch(() => {});
    }
    await this.#loop;
    this.#healthy = false;
  }

  async #run(): Promise<void> {
    for (let failures = 0; !this.#stopping; ) {
      try {
        if (!this.#healthy) await this.#prepare();
        this.#healthy = true;
        await this.#options.read();
        failures = 0;
      } catch (error) {
        this.#healthy = false;
        if (this.#stopping) return;
        failures++;
        this.#options.log.warn({ err: describeError(error) }, 'reading from Redis failed');
        if (!isGroupGone(error)) await backoff(failures);
      }
    }
  }

  async #prepare(): Promise<void> {
    const { prepare, reader } = this.#options;
    await prepare();
    this.#readerId = await inTime(reader, reader.clientId());
  }
}

function backoff(failures: number): Promise<void> {
  const ms = Math.min(20 * 2 ** failures, MAX_BACKOFF_MS) * (0.5 + Math.random() / 2);
  return new Promise((resolve) => setTimeout(resolve, ms));
}
