// Medians, percentiles, and the reading of what the system and the service print.

/** The value that `share` (0..1) of the values do not exceed; the nearest one, not interpolated. */
export function percentile(values: Iterable<number>, share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const index = Math.max(0, Math.ceil(share * sorted.length) - 1);
  return sorted[index] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  if (!Number.isInteger(middle)) return sorted[Math.floor(middle)] ?? Number.NaN;
  return ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}

/** How sure an interval is to hold what it is the interval of. */
const CONFIDENCE = 0.95;

/**
 * Between which of the values the median of all that could have been measured lies, whatever their
 * distribution: as many are left out at each end as a coin would let fall to one side only rarely.
 * Less than six values cannot be so sure: then it is all of them.
 */
export function medianInterval(values: readonly number[]): [number, number] {
  const sorted = [...values].sort((a, b) => a - b);
  const count = sorted.length;
  let chance = 0.5 ** count;
  let outside = chance;
  let rank = 0;
  for (; ; rank++) {
    chance *= (count - rank) / (rank + 1);
    outside += chance;
    if (2 * outside > 1 - CONFIDENCE) break;
  }
  return [sorted[rank] ?? Number.NaN, sorted[count - 1 - rank] ?? Number.NaN];
}

/** What several rounds have found. */
export interface Estimate {
  readonly median: number;
  /** Of 95 %. */
  readonly interval: readonly [number, number];
  readonly all: readonly number[];
}

export const estimate = (all: readonly number[]): Estimate => ({
  median: median(all),
  interval: medianInterval(all),
  all,
});

export interface Throughput {
  readonly count: number;
  readonly ms: number;
}

/**
 * From the first to the last of the moments (milliseconds) at which something was done: what was
 * under way at the end of a round, and the wait for its first answer, must count for nobody.
 */
export function throughput(moments: readonly number[]): Throughput {
  const [first = 0] = moments;
  return { count: moments.length - 1, ms: (moments.at(-1) ?? 0) - first };
}

export const perSecond = ({ count, ms }: Throughput): number => (count / ms) * 1000;

/** Megabytes (1024 x 1024) of a field such as VmRSS in the text of /proc/PID/status. */
export function memoryField(status: string, field: string): number {
  const match = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status);
  if (!match) throw new Error(`no ${field} in /proc/PID/status`);
  return Number(match[1]) / 1024;
}

/** Milliseconds of a successful answer that were neither decoding nor inference. */
export function addedMs(body: string, latencyMs: number): number {
  const { timings } = JSON.parse(body) as { timings?: { decodeMs: number; inferenceMs: number } };
  if (!timings) throw new Error('the answer has no timings');
  return latencyMs - timings.decodeMs - timings.inferenceMs;
}
