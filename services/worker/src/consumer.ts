// Takes jobs from the stream as a member of the consumer group, no more than it has room for, and
// takes over those of workers that have died.
import {
  BLOCK_MS,
  type BufferRedis,
  describeError,
  type Entry,
  ensureGroup,
  GROUP,
  type JobQueue,
  type Keys,
  type Logger,
  ReadLoop,
  type Redis,
  readInTime,
  withBuffers,
} from '@synset/shared';
import type { Metrics } from './metrics/metrics.ts';

export interface ConsumerOptions {
  readonly reader: Redis;
  readonly redis: Redis;
  readonly queue: JobQueue;
  readonly keys: Keys;
  readonly name: string;
  /** Jobs under way at the same time. */
  readonly capacity: number;
  /** A job whose claim was not renewed for so long is anybody's. */
  readonly claimIdleMs: number;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Does the whole job, its reply included. What it rejects with is logged. */
  readonly handle: (entry: Entry) => Promise<void>;
}

/** Renewals, and looks for jobs to take over, within the time after which a claim lapses. */
const BEATS = 3;

export class Consumer {
  readonly #options: ConsumerOptions;
  readonly #reader: BufferRedis;
  readonly #running = new Map<string, Promise<void>>();
  readonly #loop: ReadLoop;
  readonly #beatMs: number;
  #renewing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #closing = false;

  constructor(options: ConsumerOptions) {
    const { reader, redis, keys, log } = options;
    this.#options = options;
    this.#beatMs = options.claimIdleMs / BEATS;
    this.#reader = withBuffers(reader);
    this.#loop = new ReadLoop({
      reader,
      redis,
      prepare: () => ensureGroup(redis, keys.jobs, GROUP),
      read: () => this.#next(),
      log,
    });
  }

  /** Jobs under way. */
  get running(): number {
    return this.#running.size;
  }

  /** True while jobs can be read. */
  get healthy(): boolean {
    return this.#loop.healthy;
  }

  start(): void {
    this.#timer ??= setInterval(() => this.#renew(), this.#beatMs);
    this.#loop.start();
  }

  /** Stops reading, then waits for the jobs under way. */
  async close(): Promise<void> {
    this.#closing = true;
    await this.#loop.close();
    await this.#drained();
    clearInterval(this.#timer);
    await this.#renewing;
  }

  async #next(): Promise<void> {
    if (performance.now() - this.#lookedAt >= this.#beatMs) await this.#takeOver();
    const { capacity } = this.#options;
    while (this.#running.size >= capacity) await Promise.race(this.#running.values());
    if (!this.#closing) await this.#read(capacity - this.#running.size);
  }

  async #read(count: number): Promise<void> {
    const { reader, name, keys } = this.#options;
    const streams = await readInTime(
      reader,
      this.#reader.xReadGroup(
        GROUP,
        name,
        { key: keys.jobs, id: '>' },
        { COUNT: count, BLOCK: Math.ceil(Math.min(BLOCK_MS, this.#beatMs)) },
      ),
    );
    for (const stream of streams ?? []) {
      for (const { id, message } of stream.messages) {
        this.#start({ id: id.toString(), fields: { ...message }, deliveries: 1 });
      }
    }
  }

  /**
   * Jobs of the dead run one at a time, with nothing else under way: one of them may be what
   * killed its worker, and would take its neighbours with it.
   */
  async #takeOver(): Promise<void> {
    const { queue, name, claimIdleMs, metrics, log } = this.#options;
    while (!this.#closing && (await queue.hasClaimable(claimIdleMs))) {
      await this.#drained();
      const entry = await queue.claim(name, claimIdleMs);
      if (!entry) break; // another worker was faster
      log.info({ entry: entry.id, deliveries: entry.deliveries }, 'job taken over');
      metrics.reclaimed();
      await this.#start(entry);
    }
    this.#lookedAt = performance.now();
  }

  #start(entry: Entry): Promise<void> {
    const { handle, metrics, log } = this.#options;
    metrics.took(entry.deliveries);
    const running = handle(entry)
      .catch((err) => log.error({ entry: entry.id, err }, 'job not finished'))
      .finally(() => this.#running.delete(entry.id));
    this.#running.set(entry.id, running);
    return running;
  }

  async #drained(): Promise<void> {
    await Promise.all(this.#running.values());
  }

  /** A claim that could not be renewed may lapse: the job then runs twice and is answered once. */
  #renew(): void {
    if (this.#renewing || this.#running.size === 0) return;
    const { queue, name, metrics, log } = this.#options;
    this.#renewing = queue
      .renew(name, [...this.#running.keys()])
      .then(async (lost) => {
        // A job that was finished just before counts as running for a few promises more.
        if (lost.length > 0) await new Promise(setImmediate);
        const taken = lost.filter((id) => this.#running.has(id));
        if (taken.length === 0) return;
        metrics.lostClaims(taken.length);
        log.warn({ entries: taken }, 'jobs were taken over by others');
      })
      .catch((error) => log.debug({ err: describeError(error) }, 'claims not renewed'))
      .finally(() => {
        this.#renewing = undefined;
      });
  }
}
