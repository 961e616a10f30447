// The results as tables for the terminal and the README.
import type { Verdict } from './limits.ts';
import type { Machine } from './machine.ts';
import { sizes } from './photos.ts';
import { nameOf } from './reference.ts';
import type { MemoryFigure, Results, ScenarioFigures } from './results.ts';

type Row = readonly string[];

/** A Markdown table with columns of even width; all but the first to the right. */
export function table(head: Row, rows: readonly Row[]): string {
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map((row) => row[i]?.length ?? 0)));
  const line = (row: Row) =>
    `| ${row.map((cell, i) => (i ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0))).join(' | ')} |`;
  const rule = `| ${widths.map((width, i) => (i ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width))).join(' | ')} |`;
  return [line(head), rule, ...rows.map(line)].join('\n');
}

const scenarioHead = [
  'model, photos',
  'connections',
  'service/s',
  'reference/s (best)',
  'same as service',
  'ratio (min..max)',
  'p50/p90/p99 ms',
  'added ms',
  'API MB',
  'worker MB',
];

function scenarioRow(figures: ScenarioFigures): Row {
  const { comparison: c, memory, service } = figures;
  const [best] = c.references;
  const same = c.references.find(({ arrangement }) => nameOf(arrangement) === nameOf(service));
  const { p50, p90, p99 } = c.latencyMs;
  const [min, max] = [Math.min(...c.ratios), Math.max(...c.ratios)];
  return [
    `${figures.model}, ${sizes[figures.size].name}`,
    `${figures.connections}`,
    `${c.service.toFixed(1)} (${nameOf(service)})`,
    best ? `${best.perSecond.toFixed(1)} (${nameOf(best.arrangement)})` : '',
    same ? same.perSecond.toFixed(1) : '',
    `${c.ratio.toFixed(2)} (${min.toFixed(2)}..${max.toFixed(2)})`,
    [p50, p90, p99].map((ms) => ms.toFixed(1)).join(' / '),
    c.addedMs.toFixed(1),
    memory.api.peakMb.toFixed(0),
    memory.worker.peakMb.toFixed(0),
  ];
}

const memoryRow = ({ what, memory }: MemoryFigure): Row => [
  what,
  memory.peakMb.toFixed(0),
  memory.nowMb.toFixed(0),
];

const digits: Record<string, number> = { MB: 0, requests: 0, ms: 1, '%': 1 };

export const verdictRow = ({ what, value, limit, unit, ok }: Verdict): Row => [
  what,
  `${value.toFixed(digits[unit] ?? 2)} ${unit}`,
  `${limit} ${unit}`,
  ok ? 'ok' : 'MISSED',
];

export function machineLine(machine: Machine): string {
  const { cpu, cores, memoryGb, kernel, node, onnxruntime, sharp, redis } = machine;
  return `${cpu}, ${cores} cores, ${memoryGb} GB, Linux ${kernel}; Node ${node}, onnxruntime-node ${onnxruntime}, sharp ${sharp}, Redis ${redis}`;
}

export function report({ machine, command, scenarios, memory, verdicts }: Results): string {
  return [
    `${machineLine(machine)}; ${command}`,
    table(scenarioHead, scenarios.map(scenarioRow)),
    table(['resident memory', 'peak MB', 'afterwards MB'], memory.map(memoryRow)),
    table(['wanted', 'measured', 'limit', ''], verdicts.map(verdictRow)),
  ].join('\n\n');
}
