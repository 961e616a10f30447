// Tells the system that this worker is there, and which model it serves.
import {
  announceWorker,
  describeError,
  forgetWorker,
  HEARTBEAT_MS,
  type Keys,
  type Logger,
  type ModelCardInfo,
  type Redis,
  type RedisClock,
} from '@synset/shared';

export interface HeartbeatOptions {
  readonly redis: Redis;
  readonly clock: RedisClock;
  readonly keys: Keys;
  readonly name: string;
  readonly model: ModelCardInfo;
  /** What the worker has done so far, and can do. */
  readonly work: () => { jobsDone: number; jobsPerS: number | null };
  readonly log: Logger;
}

export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #timer: NodeJS.Timeout | undefined;
  #beating: Promise<void> = Promise.resolve();

  constructor(options: HeartbeatOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#timer ??= setInterval(() => {
      this.#beating = this.#beat();
    }, HEARTBEAT_MS);
    await this.#beat();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#beating; // or it would announce the worker once more
    const { redis, keys, name } = this.#options;
    await forgetWorker(redis, keys, name).catch(() => {});
  }

  async #beat(): Promise<void> {
    const { redis, clock, keys, name, model, work, log } = this.#options;
    try {
      await clock.sync();
      const heartbeat = { name, model, ...work(), lastSeen: clock.now() };
      await announceWorker(redis, keys, heartbeat);
    } catch (error) {
      log.debug({ err: describeError(error) }, 'heartbeat failed');
    }
  }
}
