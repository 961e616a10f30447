// Two of a kind in turns, so that what the machine does meanwhile is no advantage to one of them.
import { type Estimate, estimate, median } from '../statistics.ts';

/** What a turn of each has measured. */
export interface Pair {
  readonly first: number;
  readonly second: number;
}

export interface Pairs extends Pair {
  /** The first by the second. */
  readonly ratio: Estimate;
}

export type Turn = () => Promise<number>;

/** Of `count` pairs, and one before them that only warms up. */
export async function inPairs(count: number, first: Turn, second: Turn): Promise<Pairs> {
  await first();
  await second();
  const pairs: Pair[] = [];
  for (let i = 0; i < count; i++) {
    // Every other pair the other way round: whoever comes second has a warmer machine.
    const before = i % 2 === 1 ? await second() : undefined;
    pairs.push({ first: await first(), second: before ?? (await second()) });
  }
  return summarizePairs(pairs);
}

export const summarizePairs = (pairs: readonly Pair[]): Pairs => ({
  first: median(pairs.map(({ first }) => first)),
  second: median(pairs.map(({ second }) => second)),
  ratio: estimate(pairs.map(({ first, second }) => first / second)),
});
