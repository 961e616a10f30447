// What is kept in Redis of answers: by job, for those who come back, and by photo, as a cache.
import {
  type Answer,
  type CacheEntry,
  decodeCacheEntry,
  decodeRecord,
  GROUP,
  inTime,
  type JobRecord,
  type Keys,
  type Redis,
} from '@synset/shared';
import { unavailable } from './unavailable.ts';
import type { WorkerWatch } from './worker-watch.ts';

/** How long the result of a prediction is kept beside its answer. */
export const PREDICTION_TTL_S = 60;

export type JobState = { readonly status: 'queued' | 'processing' } | Exclude<JobRecord, Queued>;
type Queued = Extract<JobRecord, { status: 'queued' }>;

export interface ResultsOptions {
  readonly redis: Redis;
  readonly keys: Keys;
  readonly watch: WorkerWatch;
  /** 0: nothing is looked up. */
  readonly cacheTtlS: number;
}

export class Results {
  readonly #options: ResultsOptions;

  constructor(options: ResultsOptions) {
    this.#options = options;
  }

  /** What the model in use said of this photo before. Rejects with QUEUE_UNAVAILABLE. */
  async cached(sha256: string): Promise<CacheEntry | null> {
    const { redis, keys, watch, cacheTtlS } = this.#options;
    if (cacheTtlS === 0) return null;
    const [worker] = await watch.recent().catch(unavailable);
    if (!worker) return null;
    const key = keys.cache(sha256, worker.model.sha256);
    const json = await inTime(redis, redis.get(key)).catch(unavailable);
    return json === null ? null : decodeCacheEntry(json);
  }

  /** Keeps an answer that no worker gave under this ID. A comfort: it may fail. */
  async keep(answer: Answer): Promise<void> {
    const { redis, keys } = this.#options;
    const json = JSON.stringify(answer);
    const kept = redis.set(keys.result(answer.jobId), json, { EX: PREDICTION_TTL_S });
    await inTime(redis, kept).catch(() => {});
  }

  /** Null where the job is unknown, or was too long ago. Rejects with QUEUE_UNAVAILABLE. */
  async find(jobId: string): Promise<JobState | null> {
    const { redis, keys } = this.#options;
    const json = await inTime(redis, redis.get(keys.result(jobId))).catch(unavailable);
    if (json === null) return null;
    const record = decodeRecord(json);
    if (record.status !== 'queued') return record;
    const { entry } = record;
    const delivered = redis.xPendingRange(keys.jobs, GROUP, entry, entry, 1);
    const pending = await inTime(redis, delivered).catch(() => []); // no group before a worker comes
    return { status: pending.length > 0 ? 'processing' : 'queued' };
  }
}
