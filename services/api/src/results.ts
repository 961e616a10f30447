// What is kept in Redis of answers: by job, for those who come back, and by photo, as a cache.
import {
  type Answer,
  type CacheEntry,
  decodeCacheEntry,
  decodeRecord,
  describeError,
  inTime,
  JobQueue,
  type JobRecord,
  type Keys,
  type Redis,
} from '@synset/shared';
import { KeptAnswers } from './kept-answers.ts';
import type { Metrics } from './metrics/metrics.ts';
import { Recent } from './recent.ts';
import { unavailable } from './unavailable.ts';
import type { WorkerWatch } from './worker-watch.ts';

/** How long the result of a prediction is kept beside its answer. */
export const PREDICTION_TTL_S = 60;

/** Of cache entries, 2 kB each; with reasons 4 kB. */
const RECENT_ENTRIES = 1000;

export type JobState = { readonly status: 'queued' | 'processing' } | Exclude<JobRecord, Queued>;
type Queued = Extract<JobRecord, { status: 'queued' }>;

export interface ResultsOptions {
  readonly redis: Redis;
  readonly keys: Keys;
  readonly watch: WorkerWatch;
  /** 0: nothing is looked up. */
  readonly cacheTtlS: number;
  readonly metrics: Metrics;
}

export class Results {
  readonly #options: ResultsOptions;
  readonly #queue: JobQueue;
  readonly #kept: KeptAnswers;
  readonly #recent = new Recent<CacheEntry>(RECENT_ENTRIES);

  constructor(options: ResultsOptions) {
    this.#options = options;
    this.#queue = new JobQueue(options.redis, options.keys);
    this.#kept = new KeptAnswers(options.redis, options.keys, PREDICTION_TTL_S);
  }

  /** What the model in use said of this photo before, with its reasons or without. Rejects with QUEUE_UNAVAILABLE. */
  async cached(sha256: string, explain: boolean): Promise<CacheEntry | null> {
    const { keys, watch, cacheTtlS, metrics } = this.#options;
    if (cacheTtlS === 0) return null;
    const [model] = await watch.models().catch(unavailable);
    if (!model) return null;
    const key = keys.cache(sha256, model.sha256, explain);
    const entry = this.#recent.get(key) ?? (await this.#lookUp(key));
    metrics.lookedUpInCache(entry !== null);
    return entry;
  }

  async #lookUp(key: string): Promise<CacheEntry | null> {
    const { redis } = this.#options;
    const json = await inTime(redis, redis.get(key)).catch((error) =>
      describeError(error).startsWith('WRONGTYPE') ? null : unavailable(error),
    );
    const entry = json === null ? null : readable(json);
    if (entry) this.#recent.set(key, entry);
    return entry;
  }

  /** Keeps an answer that no worker gave under this ID, a moment later. */
  keep(answer: Answer): void {
    this.#kept.keep(answer);
  }

  /** Null where the job is unknown, or was too long ago. Rejects with QUEUE_UNAVAILABLE. */
  async find(jobId: string): Promise<JobState | null> {
    const { redis, keys } = this.#options;
    const json = await inTime(redis, redis.get(keys.result(jobId))).catch(unavailable);
    if (json === null) return null;
    const record = decodeRecord(json);
    if (record.status !== 'queued') return record;
    return await this.#progress(jobId, record);
  }

  async #progress(jobId: string, { entry, sha256 }: Queued): Promise<JobState> {
    const { redis, keys } = this.#options;
    const status = await this.#queue.progress(entry).catch(unavailable);
    if (status !== 'gone') return { status };
    // It ended between two of these looks, or someone has taken it out of the stream.
    const json = await inTime(redis, redis.get(keys.result(jobId))).catch(unavailable);
    const record = json === null ? null : decodeRecord(json);
    if (record && record.status !== 'queued') return record;
    const detail = 'The job is no more in the queue, and has no result.';
    return { jobId, status: 'failed', sha256, code: 'JOB_FAILED', detail };
  }
}

/** What cannot be read, as from another version of the service, is no answer. */
function readable(json: string): CacheEntry | null {
  try {
    return decodeCacheEntry(json);
  } catch {
    return null;
  }
}
