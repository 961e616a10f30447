// What the reports of all commands have in common: tables, verdicts, the machine.
import type { Verdict } from './limits.ts';
import type { Machine } from './machine.ts';

export type Row = readonly string[];

/** A Markdown table with columns of even width; all but the first to the right. */
export function table(head: Row, rows: readonly Row[]): string {
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map((row) => row[i]?.length ?? 0)));
  const line = (row: Row) =>
    `| ${row.map((cell, i) => (i ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0))).join(' | ')} |`;
  const rule = `| ${widths.map((width, i) => (i ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width))).join(' | ')} |`;
  return [line(head), rule, ...rows.map(line)].join('\n');
}

const digits: Record<string, number> = { MB: 0, requests: 0, ms: 1, '%': 1 };

export function verdictRow({ what, value, interval, limit, unit, ok }: Verdict): Row {
  const text = (figure: number) => figure.toFixed(digits[unit] ?? 2);
  const range = interval ? ` ${rangeOf(interval, text)}` : '';
  return [what, `${text(value)}${range} ${unit}`, `${limit} ${unit}`, ok ? 'pass' : 'short of'];
}

/** As in `(0.91..0.95)`. */
export const rangeOf = (
  [low, high]: readonly [number, number],
  text: (figure: number) => string,
): string => `(${text(low)}..${text(high)})`;

export function machineLine(machine: Machine): string {
  const { cpu, cores, memoryGb, kernel, node, onnxruntime, sharp, redis } = machine;
  return `${cpu}, ${cores} cores, ${memoryGb} GB, Linux ${kernel}; Node ${node}, onnxruntime-node ${onnxruntime}, sharp ${sharp}, Redis ${redis}`;
}
