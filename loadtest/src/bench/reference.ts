// Finds the fastest arrangement of the in-process reference for a number of photos under way.
import { Child } from '../child.ts';
import { perSecond, type Throughput } from '../statistics.ts';

export interface Arrangement {
  readonly sessions: number;
  /** Of each session. */
  readonly threads: number;
}

export interface ReferenceSettings extends Arrangement {
  /** The prepared model. */
  readonly path: string;
}

export interface ReferenceRound {
  readonly photos: readonly string[];
  /** Photos under way at the same time. */
  readonly connections: number;
  readonly ms: number;
}

export type Reference = Child<ReferenceRound, Throughput>;

export const nameOf = ({ sessions, threads }: Arrangement): string => `${sessions}x${threads}`;

export function startReference(settings: ReferenceSettings): Reference {
  return new Child(new URL('./reference-process.ts', import.meta.url), settings);
}

/** 1, 2, 4 ... sessions that share the cores, and the same with twice the threads. */
export function arrangements(cores: number): Arrangement[] {
  const all: Arrangement[] = [];
  for (let sessions = 1; sessions <= cores; sessions *= 2) {
    const threads = Math.floor(cores / sessions);
    all.push({ sessions, threads });
    if (sessions > 1) all.push({ sessions, threads: 2 * threads });
  }
  return all;
}

/** A short round of each; so that the ratio is not flattered by a slow reference. */
export async function tryArrangements(
  path: string,
  all: readonly Arrangement[],
  round: ReferenceRound,
): Promise<{ arrangement: Arrangement; perSecond: number }[]> {
  const tried: { arrangement: Arrangement; perSecond: number }[] = [];
  for (const arrangement of all) {
    const reference = startReference({ path, ...arrangement });
    try {
      await reference.call({ ...round, ms: 500 });
      tried.push({ arrangement, perSecond: perSecond(await reference.call(round)) });
    } finally {
      await reference.close();
    }
  }
  return tried.sort((a, b) => b.perSecond - a.perSecond);
}
