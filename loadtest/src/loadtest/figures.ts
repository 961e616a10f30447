// From the answers of some runs to the figures of a cell of the report.
import { median, percentile, perSecond, throughput } from '../statistics.ts';
import { latencyOf, type Run, splitOf } from './answers.ts';
import {
  type Cell,
  type Load,
  type ProcessUse,
  parts,
  type Split,
  type Spread,
} from './results.ts';

/** One run, and what the processes took meanwhile. */
export interface Measured extends Run {
  readonly processes: readonly ProcessUse[];
  /** Only at a fixed rate. */
  readonly lateMs?: readonly number[];
}

type Figures = Pick<Cell, 'perSecond' | 'answered' | 'latency' | 'split'>;

export function figuresOf({ answers, from, to }: Run): Figures {
  const all = answers.filter(({ status }) => status === 200);
  const moments = all.map(({ answeredAt }) => answeredAt).filter((at) => at >= from && at <= to);
  const good = all.filter(({ dueAt }) => dueAt >= from);
  const splits = good.map(splitOf).filter((split) => split !== null);
  const told = splits.length > 0 && splits.length === good.length;
  const split = parts.map((part) => [part, spread(splits.map((one) => one[part]))]);
  return {
    perSecond: moments.length > 1 ? perSecond(throughput(moments.sort((a, b) => a - b))) : 0,
    answered: good.length,
    latency: good.length > 0 ? spread(good.map(latencyOf)) : null,
    split: told ? (Object.fromEntries(split) as Split) : null,
  };
}

export function spread(values: readonly number[]): Spread {
  const [p50, p90, p95, p99, max] = [0.5, 0.9, 0.95, 0.99, 1].map((share) =>
    percentile(values, share),
  ) as [number, number, number, number, number];
  return {
    mean: values.reduce((sum, value) => sum + value, 0) / values.length,
    p50,
    p90,
    p95,
    p99,
    max,
  };
}

/** Medians of the runs; of the highest values the highest, of counts the sum. */
export function cellOf(workers: number, load: Load, measured: readonly Measured[]): Cell {
  const runs = measured.map(figuresOf);
  const latencies = runs.flatMap(({ latency }) => latency ?? []);
  const splits = runs.flatMap(({ split }) => split ?? []);
  const split = parts.map((part) => [part, middle(splits.map((one) => one[part]))]);
  const late = measured.flatMap(({ lateMs }) => lateMs ?? []);
  return {
    workers,
    load,
    runs: runs.map(({ perSecond, latency }) => ({
      perSecond,
      p50: latency?.p50 ?? null,
      p99: latency?.p99 ?? null,
    })),
    perSecond: median(runs.map((run) => run.perSecond)),
    answered: runs.reduce((sum, { answered }) => sum + answered, 0),
    latency: latencies.length > 0 ? middle(latencies) : null,
    split: splits.length > 0 ? (Object.fromEntries(split) as Split) : null,
    errors: countErrors(measured),
    lateMs: late.length > 0 ? percentile(late, 0.99) : null,
    processes: processesOf(measured),
  };
}

function middle(spreads: readonly Spread[]): Spread {
  const of = (name: keyof Spread) => median(spreads.map((one) => one[name]));
  const max = Math.max(...spreads.map((one) => one.max));
  return { mean: of('mean'), p50: of('p50'), p90: of('p90'), p95: of('p95'), p99: of('p99'), max };
}

function countErrors(measured: readonly Run[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { code } of measured.flatMap(({ answers }) => answers)) {
    if (code !== null) counts[code] = (counts[code] ?? 0) + 1;
  }
  return counts;
}

function processesOf(measured: readonly Measured[]): ProcessUse[] {
  const names = measured[0]?.processes.map(({ name }) => name) ?? [];
  return names.map((name, i) => {
    const uses = measured.flatMap(({ processes }) => processes[i] ?? []);
    const cpu = uses.flatMap(({ cpuMs }) => cpuMs ?? []);
    return {
      name,
      cpuMs: cpu.length > 0 ? median(cpu) : null,
      cores: median(uses.map(({ cores }) => cores)),
      rssMb: median(uses.map(({ rssMb }) => rssMb)),
      peakMb: Math.max(...uses.map(({ peakMb }) => peakMb)),
    };
  });
}
