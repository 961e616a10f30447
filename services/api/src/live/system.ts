// The state of the whole system at a moment, as Redis knows it.
import { inTime, type Keys, modelsOf, type Redis, type WorkerInfo } from '@synset/shared';
import type { LiveFigures } from '../schemas/live.ts';
import type { Reporter } from './reporter.ts';
import { summarize } from './window.ts';
import type { Windows } from './windows.ts';

export interface SystemSources {
  readonly redis: Redis;
  readonly keys: Keys;
  /** Rejects when Redis cannot be asked. */
  readonly workers: () => Promise<readonly WorkerInfo[]>;
  readonly windows: Windows;
  readonly reporter: Reporter;
}

const UNKNOWN: LiveFigures = {
  redis: false,
  workers: null,
  backlog: null,
  requestsPerS: null,
  p50Ms: null,
  p95Ms: null,
  model: null,
};

/** Never rejects: without Redis, just that is told. */
export async function lookAtSystem(sources: SystemSources): Promise<LiveFigures> {
  const { redis, keys, windows, reporter } = sources;
  try {
    const [workers, backlog, answered] = await Promise.all([
      sources.workers(),
      inTime(redis, redis.xLen(keys.jobs)),
      windows.look(),
    ]);
    // Its own is at hand, also when it has not been written yet.
    const own = reporter.read();
    if (own) answered.set(reporter.instance, own);
    const [model = null] = modelsOf(workers);
    return {
      redis: true,
      workers: workers.length,
      backlog,
      ...summarize([...answered.values()]),
      model: model && { name: model.name, trained: model.trained },
    };
  } catch {
    return UNKNOWN;
  }
}
