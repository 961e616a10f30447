// Puts load on the service and insists on good answers.
import { Child } from './child.ts';
import type { Throughput } from './statistics.ts';

export interface LoadRound {
  readonly url: string;
  readonly photos: readonly string[];
  readonly connections: number;
  readonly ms: number;
  /** What each answer must hold to be a good one. */
  readonly wanted?: string;
}

/** What was answered with status 200, and how often something else happened. */
export interface LoadResult extends Throughput {
  /** Milliseconds of each answer, as the client sees it. */
  readonly latencies: number[];
  /** The same less decoding and inference. */
  readonly added: number[];
  readonly errors: number;
  readonly failure: string | null;
}

export type Load = Child<LoadRound, LoadResult>;

export const startLoad = (): Load => new Child(new URL('./load-process.ts', import.meta.url));

/** Throws when any answer was not 200: figures of a service that refuses mean nothing. */
export async function putLoad(load: Load, round: LoadRound): Promise<LoadResult> {
  const result = await load.call(round);
  if (result.errors === 0 && result.count > 0) return result;
  if (result.errors === 0) throw new Error(`no two answers within ${round.ms} ms`);
  const first = result.failure ?? 'an answer was lost or late';
  throw new Error(`${result.errors} requests failed: ${first}`);
}
