// Resident memory over time: of each process, looked at every second.
import { memoryOf, type Service } from '../service.ts';
import { now } from './sent.ts';

/** Megabytes of each process by its name, at a moment. */
export interface Sample {
  readonly at: number;
  readonly mb: Record<string, number>;
}

export interface Growth {
  readonly process: string;
  readonly startMb: number;
  /** Means of ten seconds, after a while and at the end. */
  readonly fromMb: number;
  readonly toMb: number;
  readonly peakMb: number;
  /** Per cent. */
  readonly growth: number;
}

const EVERY_MS = 1000;
const MEAN_OF_MS = 10_000;
/** Ten seconds before the end of the first minute: until then queue and heaps fill. */
const SETTLED_MS = 50_000;

/** Looks until `work` is done. */
export async function sampleMemory<Result>(
  service: Service,
  work: Promise<Result>,
): Promise<{ result: Result; samples: Sample[] }> {
  const { api, workers, redis } = await service.processes();
  const named = [
    ['API', api] as const,
    ...workers.map((pid, i) => [`worker ${i + 1}`, pid] as const),
    ['Redis', redis] as const,
  ];
  const samples: Sample[] = [];
  let done = false;
  const ended = work.finally(() => {
    done = true;
  });
  // It is awaited below; until then its rejection is nobody's.
  ended.catch(() => {});
  while (!done) {
    const figures = await Promise.all(named.map(([, pid]) => memoryOf(pid)));
    const mb = Object.fromEntries(named.map(([name], i) => [name, figures[i]?.nowMb ?? 0]));
    samples.push({ at: now(), mb });
    await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, EVERY_MS))]);
  }
  return { result: await ended, samples };
}

/** From the last ten seconds of the first minute to the last ten before `end` (ms). */
export function growthOf(samples: readonly Sample[], end: number): Growth[] {
  const start = samples[0]?.at ?? 0;
  const between = (from: number, to: number) =>
    samples.filter(({ at }) => at - start >= from && at - start < to);
  // In a shorter run, which is only a try, from somewhere earlier.
  const settled = Math.min(SETTLED_MS, end / 4);
  const early = between(settled, settled + MEAN_OF_MS);
  const late = between(end - MEAN_OF_MS, end);
  return Object.keys(samples[0]?.mb ?? {}).map((process) => {
    const of = (some: readonly Sample[]) => some.map(({ mb }) => mb[process] ?? Number.NaN);
    const [fromMb, toMb] = [mean(of(early)), mean(of(late))];
    const [startMb = Number.NaN] = of(samples);
    const peakMb = Math.max(...of(samples));
    return { process, startMb, fromMb, toMb, peakMb, growth: (toMb / fromMb - 1) * 100 };
  });
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
