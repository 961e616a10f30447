// Which charts stand in which section.
import { barChart } from './bar-chart.ts';
import type { Html } from './html.ts';
import { type Line, lineChart, type Point } from './line-chart.ts';
import { figure, loadName, plural } from './names.ts';
import { type Cell, type ProcessUse, parts, type Report } from './results.ts';
import { closedCells, fixedCells, scalingOf, workerCounts } from './scaling.ts';
import type { SectionName } from './sections.ts';

type Place = (cell: Cell) => number;

export const chartsOf: Partial<Record<SectionName, (report: Report) => Html[]>> = {
  users: (report) => [throughputByUsers(report), latencyByUsers(report)],
  rates: (report) => [latencyByRate(report), answeredByRate(report)],
  split: (report) =>
    [closedCells(report), fixedCells(report)].map((cells, i) =>
      timeSplit(i === 0 ? 'Closed loop' : 'Fixed rate', cells),
    ),
  workers: (report) => [throughputByWorkers(report)],
  processes: (report) => [cpuByProcess(report), memoryByProcess(report)],
  backlog: (report) => [memoryByBacklog(report)],
};

const usersOf: Place = ({ load }) => (load.mode === 'closed' ? load.users : 0);
const rateOf: Place = ({ load }) => (load.mode === 'fixed' ? load.perSecond : 0);

const rangeOf = (values: readonly number[]) => [Math.min(...values), Math.max(...values)] as const;

/** A line of each number of workers. */
const linePerService = (
  report: Report,
  cells: readonly Cell[],
  name: string,
  point: (cell: Cell) => Point[],
): Line[] =>
  workerCounts(report).map((workers, colour) => ({
    name: `${plural(workers, 'worker')}${name}`,
    colour,
    points: cells.filter((cell) => cell.workers === workers).flatMap(point),
  }));

/** With how far the runs lie apart. */
const pointOf = (cell: Cell, place: Place): Point => ({
  x: place(cell),
  y: cell.perSecond,
  range: rangeOf(cell.runs.map(({ perSecond }) => perSecond)),
});

const usersIn = (report: Report): number[] => [...new Set(closedCells(report).map(usersOf))];

const throughputByUsers = (report: Report): Html =>
  lineChart({
    title: 'Throughput by users, slowest to fastest run',
    xAxis: 'users',
    yAxis: 'photos/s',
    xTicks: usersIn(report),
    lines: linePerService(report, closedCells(report), '', (cell) => [pointOf(cell, usersOf)]),
  });

/** Both percentiles of each number of workers. */
function latencyLines(report: Report, cells: readonly Cell[], place: Place): Line[] {
  const of = (name: 'p50' | 'p99') =>
    linePerService(report, cells, `, ${name}`, (cell) =>
      cell.latency ? [{ x: place(cell), y: cell.latency[name] }] : [],
    );
  return [...of('p50'), ...of('p99').map((line) => ({ ...line, isDashed: true }))];
}

const latencyByUsers = (report: Report): Html =>
  lineChart({
    title: 'Latency by users',
    xAxis: 'users',
    yAxis: 'ms',
    xTicks: usersIn(report),
    lines: latencyLines(report, closedCells(report), usersOf),
  });

const latencyByRate = (report: Report): Html =>
  lineChart({
    title: 'Latency by the rate at which photos come',
    xAxis: 'photos sent/s',
    yAxis: 'ms',
    lines: latencyLines(report, fixedCells(report), rateOf),
  });

function answeredByRate(report: Report): Html {
  const sent = fixedCells(report)
    .map(rateOf)
    .sort((a, b) => a - b);
  return lineChart({
    title: 'Answered of what was sent',
    xAxis: 'photos sent/s',
    yAxis: 'photos/s',
    lines: [
      ...linePerService(report, fixedCells(report), '', (cell) => [pointOf(cell, rateOf)]),
      {
        name: 'sent',
        colour: 5,
        isDashed: true,
        points: sent.map((rate) => ({ x: rate, y: rate })),
      },
    ],
  });
}

const timeSplit = (title: string, cells: readonly Cell[]): Html =>
  barChart({
    title: `${title}: shares of the mean time of an answer`,
    unit: '%',
    parts,
    bars: cells.flatMap(({ workers, load, split, latency }) =>
      split && latency
        ? [
            {
              label: `${plural(workers, 'worker')}, ${loadName(load)}`,
              ...sharesOf(parts.map((part) => split[part].mean)),
            },
          ]
        : [],
    ),
  });

function sharesOf(values: readonly number[]) {
  const all = values.reduce((sum, value) => sum + value, 0);
  return { values: values.map((value) => (value / all) * 100), sum: `${figure(all)} ms` };
}

function throughputByWorkers(report: Report): Html {
  const scales = scalingOf(report);
  const [first] = scales;
  const each = first ? first.best.perSecond / first.workers : 0;
  const ideal = scales.map(({ workers }) => ({ x: workers, y: workers * each }));
  const measured = scales.map(({ workers, best }) => ({ x: workers, y: best.perSecond }));
  return lineChart({
    title: 'Best throughput by workers',
    xAxis: 'workers',
    yAxis: 'photos/s',
    xTicks: scales.map(({ workers }) => workers),
    lines: [
      { name: 'measured', colour: 0, points: measured },
      { name: 'each as much as the first', colour: 5, isDashed: true, points: ideal },
    ],
  });
}

const kinds = ['API', 'worker', 'Redis', 'load generator'] as const;

function byProcess(
  report: Report,
  title: string,
  unit: string,
  of: (use: ProcessUse) => number | null,
): Html {
  const bars = scalingOf(report).map(({ workers, best }) => ({
    label: plural(workers, 'worker'),
    values: kinds.map((kind) =>
      best.processes
        .filter(({ name }) => name.startsWith(kind))
        .reduce((sum, use) => sum + (of(use) ?? 0), 0),
    ),
  }));
  return barChart({ title, unit, parts: kinds.map((kind) => legends[kind] ?? kind), bars });
}

const legends: Record<string, string> = { worker: 'all workers' };

const cpuByProcess = (report: Report): Html =>
  byProcess(report, 'CPU time of a photo by process', 'ms of one core', ({ cpuMs }) => cpuMs);

const memoryByProcess = (report: Report): Html =>
  byProcess(report, 'Resident memory at most, by process', 'MB', ({ peakMb }) => peakMb);

const memoryByBacklog = ({ backlog }: Report): Html =>
  lineChart({
    title: 'Redis’s memory by photos waiting',
    xAxis: 'photos waiting',
    yAxis: 'MB',
    lines: [
      {
        name: 'resident',
        colour: 0,
        points: backlog.map(({ jobs, rssMb }) => ({ x: jobs, y: rssMb })),
      },
      {
        name: 'used_memory',
        colour: 1,
        points: backlog.map(({ jobs, usedMb }) => ({ x: jobs, y: usedMb })),
      },
      {
        name: 'the photos’ own bytes',
        colour: 5,
        isDashed: true,
        points: backlog.map(({ jobs, photosMb }) => ({ x: jobs, y: photosMb })),
      },
    ],
  });
