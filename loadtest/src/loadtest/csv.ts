// A row for each load, with all that is told of its time: for spreadsheets.
import { compare } from './against.ts';
import { type Cell, type ProcessUse, parts, type Report, type Spread } from './results.ts';

const spreads = ['p50', 'p90', 'p95', 'p99', 'max'] as const;
const kinds = ['API', 'worker', 'Redis', 'load generator'] as const;

type Value = string | number | null | undefined;

export function csvOf(report: Report, against: Report | null): string {
  const rows = report.cells.map((cell) => [
    ...columnsOf(cell),
    ...changesOf(report, against, cell),
  ]);
  const head = rows[0]?.map(([name]) => name) ?? [];
  const lines = [head, ...rows.map((row) => row.map(([, value]) => value))];
  return `${lines.map((line) => line.map(quote).join(',')).join('\n')}\n`;
}

function columnsOf(cell: Cell): [string, Value][] {
  const { load, latency, split } = cell;
  return [
    ['mode', load.mode],
    ['workers', cell.workers],
    ['users', load.mode === 'closed' ? load.users : null],
    ['sent/s', load.mode === 'fixed' ? load.perSecond : null],
    ['answered/s', cell.perSecond],
    ['answered', cell.answered],
    ['errors', Object.values(cell.errors).reduce((sum, count) => sum + count, 0)],
    ['errors by code', codes(cell)],
    ...spreadOf('', latency),
    ...parts.flatMap((part) => spreadOf(`${part} `, split?.[part])),
    ['sender late p99 ms', cell.lateMs],
    ...kinds.flatMap((kind) => usesOf(kind, cell.processes)),
  ];
}

const codes = ({ errors }: Cell): string =>
  Object.entries(errors)
    .map(([code, count]) => `${code} ${count}`)
    .join('; ');

const spreadOf = (prefix: string, spread: Spread | null | undefined): [string, Value][] => [
  [`${prefix}mean ms`, spread?.mean],
  ...spreads.map((name): [string, Value] => [`${prefix}${name} ms`, spread?.[name]]),
];

/** All processes of a kind together. */
function usesOf(kind: string, processes: readonly ProcessUse[]): [string, Value][] {
  const uses = processes.filter(({ name }) => name.startsWith(kind));
  const sum = (of: (use: ProcessUse) => number | null) =>
    uses.length > 0 ? uses.reduce((total, use) => total + (of(use) ?? 0), 0) : null;
  return [
    [`${kind} CPU ms/photo`, sum(({ cpuMs }) => cpuMs)],
    [`${kind} cores`, sum(({ cores }) => cores)],
    [`${kind} MB`, sum(({ rssMb }) => rssMb)],
    [`${kind} peak MB`, sum(({ peakMb }) => peakMb)],
  ];
}

function changesOf(report: Report, against: Report | null, cell: Cell): [string, Value][] {
  if (!against) return [];
  const found = compare(against, report).cells.find(
    ({ workers, load }) =>
      workers === cell.workers && JSON.stringify(load) === JSON.stringify(cell.load),
  );
  return (['perSecond', 'p50', 'p99'] as const).flatMap((name): [string, Value][] => {
    const change = found?.changes[name];
    return [
      [`${name} before`, change?.before],
      [`${name} ratio`, change?.ratio],
      [`${name} verdict`, change?.verdict],
    ];
  });
}

function quote(value: Value): string {
  if (typeof value === 'number') return `${Number(value.toFixed(3))}`;
  const text = value ?? '';
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
