// The state of the queue, the workers and Redis. It comes from Redis, so that each instance tells the same.
import type { QueueState, WorkerInfo } from '@synset/shared';
import { Gauge, type Registry } from 'prom-client';

const MAX_AGE_MS = 1000;

/** Null: there is nothing to tell. */
type Read = (state: QueueState) => number | null;

const FIGURES: Record<string, [help: string, read: Read]> = {
  synset_queue_jobs: ['Jobs that wait or run.', ({ backlog }) => backlog],
  synset_queue_lag_jobs: [
    'Jobs that no worker has yet.',
    ({ backlog, pending }) => Math.max(0, backlog - pending),
  ],
  synset_queue_pending_jobs: ['Jobs that a worker has.', ({ pending }) => pending],
  synset_queue_bytes: ['Bytes of the photos that wait or run.', ({ bytes }) => bytes],
  synset_queue_oldest_job_age_seconds: [
    'Time since the oldest job that waits or runs was queued; 0 where there is none.',
    ({ oldestMs }) => oldestMs / 1000,
  ],
  synset_dead_letters: ['Jobs that were given up, as far as kept.', (state) => state.deadLetters],
  synset_redis_memory_used_bytes: ['Memory that Redis uses.', ({ memoryUsed }) => memoryUsed],
  synset_redis_memory_limit_bytes: [
    'Most memory that Redis may use (maxmemory); absent where it has no limit.',
    ({ memoryLimit }) => memoryLimit || null,
  ],
};

export interface QueueGaugesOptions {
  /** Both reject when Redis cannot be asked. */
  readonly queueState: () => Promise<QueueState>;
  readonly workers: () => Promise<readonly WorkerInfo[]>;
  readonly limits: { readonly jobs: number; readonly bytes: number };
}

export class QueueGauges {
  readonly #options: QueueGaugesOptions;
  readonly #figures: { gauge: Gauge; read: Read }[];
  readonly #up: Gauge;
  readonly #workers: Gauge;
  readonly #modelInfo: Gauge<'model' | 'sha256' | 'trained' | 'prepared' | 'providers'>;
  readonly #modelWorkers: Gauge<'model' | 'sha256'>;
  #askedAt = Number.NEGATIVE_INFINITY;
  #asking: Promise<void> | undefined;

  constructor(registry: Registry, options: QueueGaugesOptions) {
    const registers = [registry];
    const gauge = (name: string, help: string) => new Gauge({ name, help, registers });
    const { limits } = options;
    this.#options = options;
    this.#figures = Object.entries(FIGURES).map(([name, [help, read]]) => ({
      gauge: gauge(name, help),
      read,
    }));
    this.#up = gauge('synset_redis_up', 'Whether Redis answers: 1 or 0.');
    this.#workers = gauge('synset_workers', 'Workers that were heard of lately.');
    this.#modelInfo = new Gauge({
      name: 'synset_model_info',
      help: 'Models that workers serve; always 1.',
      labelNames: ['model', 'sha256', 'trained', 'prepared', 'providers'],
      registers,
    });
    this.#modelWorkers = new Gauge({
      name: 'synset_model_workers',
      help: 'Workers that serve the model.',
      labelNames: ['model', 'sha256'],
      registers,
    });
    gauge('synset_queue_limit_jobs', 'Most jobs in the queue (QUEUE_LIMIT).').set(limits.jobs);
    gauge('synset_queue_limit_bytes', 'Most bytes in the queue (QUEUE_BYTES).').set(limits.bytes);
  }

  /** Asks Redis, unless it was asked a moment ago. Never rejects: without Redis, just that is told. */
  async refresh(): Promise<void> {
    if (performance.now() - this.#askedAt < MAX_AGE_MS) return;
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    await this.#asking;
  }

  async #ask(): Promise<void> {
    const { queueState, workers } = this.#options;
    try {
      this.#show(...(await Promise.all([queueState(), workers()])));
    } catch {
      this.#show(null, []);
    }
    this.#askedAt = performance.now();
  }

  /** Without Redis nothing is known, which is something else than 0. */
  #show(state: QueueState | null, workers: readonly WorkerInfo[]): void {
    this.#up.set(state ? 1 : 0);
    for (const { gauge, read } of this.#figures) setOrRemove(gauge, state && read(state));
    setOrRemove(this.#workers, state && workers.length);
    this.#modelInfo.reset();
    this.#modelWorkers.reset();
    for (const { model } of workers) {
      const { name, sha256, trained, prepared, providers } = model;
      const known = { model: name, sha256 };
      const about = { trained: `${trained}`, prepared: `${prepared}`, providers: `${providers}` };
      this.#modelInfo.set({ ...known, ...about }, 1);
      this.#modelWorkers.inc(known);
    }
  }
}

function setOrRemove(gauge: Gauge, value: number | null): void {
  if (value === null) gauge.remove();
  else gauge.set(value);
}
