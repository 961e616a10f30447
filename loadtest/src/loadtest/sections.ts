// The report's sections as text and tables, for the page and for Markdown alike.

import { machineRows, photoText } from './about.ts';
import type { Change, Comparison } from './against.ts';
import { figure, loadName, percent, plural } from './names.ts';
import { type Cell, parts, type Report } from './results.ts';
import { closedCells, fixedCells, scalingOf, workerCounts } from './scaling.ts';

export type SectionName =
  | 'users'
  | 'rates'
  | 'split'
  | 'workers'
  | 'processes'
  | 'backlog'
  | 'errors'
  | 'changed'
  | 'about';

export interface Section {
  readonly name: SectionName;
  readonly title: string;
  readonly text: readonly string[];
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

const LATENCIES = ['p50 ms', 'p90 ms', 'p95 ms', 'p99 ms', 'max ms'];

export function sectionsOf(report: Report, comparison: Comparison | null): Section[] {
  return [
    ...(comparison ? [changed(comparison)] : []),
    users(report),
    rates(report),
    split(report),
    ...(workerCounts(report).length > 1 ? [workers(report)] : []),
    ...(report.url ? [] : [processes(report), backlog(report)]),
    errors(report),
    about(report),
  ];
}

const latencies = ({ latency }: Cell): string[] =>
  (['p50', 'p90', 'p95', 'p99', 'max'] as const).map((name) => figure(latency?.[name]));

/** The median of the runs, and how far they lie apart. */
function rate({ perSecond, runs }: Cell): string {
  const all = runs.map((run) => run.perSecond);
  return `${figure(perSecond)} (${figure(Math.min(...all))}..${figure(Math.max(...all))})`;
}

const failed = ({ errors }: Cell): number =>
  Object.values(errors).reduce((sum, count) => sum + count, 0);

const users = (report: Report): Section => ({
  name: 'users',
  title: 'Latency and throughput by users',
  text: [
    'Closed loop: each user sends the next photo when the last is answered. Medians of the runs; in brackets the slowest and the fastest run.',
  ],
  head: ['workers', 'users', 'photos/s (runs)', ...LATENCIES, 'failed'],
  rows: closedCells(report).map((cell) => [
    `${cell.workers}`,
    cell.load.mode === 'closed' ? `${cell.load.users}` : '',
    rate(cell),
    ...latencies(cell),
    `${failed(cell)}`,
  ]),
});

const rates = (report: Report): Section => ({
  name: 'rates',
  title: 'Latency at a fixed rate',
  text: [
    'Photos come at a rate, whatever the answers, and the time of each counts from when it was due: no wait is hidden. The rates are shares of the best that the closed loop did with as many workers. Above 100 % the queue grows as long as it lasts, and latency says how long that was; where all was answered in time all the same, the machine had more to give than during the closed loop.',
  ],
  head: ['workers', 'share', 'sent/s', 'answered/s (runs)', ...LATENCIES, 'late ms', 'failed'],
  rows: fixedCells(report).map((cell) => [
    `${cell.workers}`,
    ...(cell.load.mode === 'fixed'
      ? [percent(cell.load.share), figure(cell.load.perSecond)]
      : ['', '']),
    rate(cell),
    ...latencies(cell),
    figure(cell.lateMs),
    `${failed(cell)}`,
  ]),
});

const split = (report: Report): Section => ({
  name: 'split',
  title: 'Where the time goes',
  text: [
    'By the Server-Timing of each answer, p50 / p99 in ms (all others in report.csv): upload, from the first byte to the photo read; queue, all until the answer that is neither decoding nor inference; reply, HTTP both ways: what the client waited beyond the service’s total.',
  ],
  head: ['workers', 'load', ...parts],
  rows: report.cells.map((cell) => [
    `${cell.workers}`,
    loadName(cell.load),
    ...parts.map((part) => {
      const spread = cell.split?.[part];
      return `${figure(spread?.p50)} / ${figure(spread?.p99)}`;
    }),
  ]),
});

const workers = (report: Report): Section => ({
  name: 'workers',
  title: 'Throughput by workers',
  text: [
    `Efficiency: photos a second of each worker, compared with those of each where there are fewest. Workers share the cores of one machine: on the ${plural(report.machine.cores, 'core')} here one worker already uses all, so that a second one brings little or nothing.`,
  ],
  head: ['workers', 'best photos/s', 'with users', 'efficiency'],
  rows: scalingOf(report).map(({ workers, best, efficiency }) => [
    `${workers}`,
    figure(best.perSecond),
    loadName(best.load),
    percent(efficiency),
  ]),
});

const processes = (report: Report): Section => ({
  name: 'processes',
  title: 'CPU and memory of each process',
  text: [
    'With the number of users that brought the most. CPU time is that of user and system, by /proc; memory is what is resident at the end of a run, and at most.',
  ],
  head: ['workers', 'load', 'process', 'CPU ms/photo', '% of a core', 'MB', 'peak MB'],
  rows: scalingOf(report).flatMap(({ workers, best }) =>
    best.processes.map((use) => [
      `${workers}`,
      loadName(best.load),
      use.name,
      figure(use.cpuMs),
      `${Math.round(use.cores * 100)}`,
      use.rssMb.toFixed(0),
      use.peakMb.toFixed(0),
    ]),
  ),
});

const backlog = (report: Report): Section => ({
  name: 'backlog',
  title: 'Redis’s memory by backlog',
  text: [
    'Photos of about 100 kB, published by the code of the API into the service’s own Redis under keys that no worker reads, before any load. By default 1000 jobs (QUEUE_LIMIT) and 256 MiB of photos (QUEUE_BYTES) are the most that can wait.',
  ],
  head: ['photos waiting', 'their bytes, MB', 'used_memory, MB', 'resident, MB'],
  rows: report.backlog.map(({ jobs, photosMb, usedMb, rssMb }) => [
    `${jobs}`,
    ...[photosMb, usedMb, rssMb].map(figure),
  ]),
});

function errors(report: Report): Section {
  const rows = report.cells.flatMap(({ workers, load, errors }) =>
    Object.entries(errors).map(([code, count]) => [`${workers}`, loadName(load), code, `${count}`]),
  );
  const answered = report.cells.reduce((sum, cell) => sum + cell.answered, 0);
  const text = rows.length > 0 ? [] : [`None: all of ${answered} requests were answered with 200.`];
  return {
    name: 'errors',
    title: 'Errors',
    text,
    head: ['workers', 'load', 'code', 'times'],
    rows,
  };
}

const changed = ({ date, warnings, cells }: Comparison): Section => ({
  name: 'changed',
  title: 'What changed',
  text: [
    `Compared with the report of ${date}: before, now and their ratio. Better or worse is what differs by more than the runs of a report among themselves. Fixed rates are compared by their share of what each service did at best.`,
    ...warnings,
  ],
  head: ['workers', 'load', 'photos/s', 'p50 ms', 'p99 ms'],
  rows: cells.map(({ workers, load, changes }) => [
    `${workers}`,
    loadName(load),
    ...[changes.perSecond, changes.p50, changes.p99].map(changeText),
  ]),
});

function changeText(change: Change | null): string {
  if (!change) return '–';
  const { before, after, ratio, verdict } = change;
  const figures = `${figure(before)} → ${figure(after)} (×${ratio.toFixed(2)})`;
  return verdict === 'within the scatter' ? figures : `${figures} ${verdict}`;
}

const about = (report: Report): Section => ({
  name: 'about',
  title: 'Machine, model and photos',
  text: [photoText(report)],
  head: ['', 'is'],
  rows: machineRows(report),
});
