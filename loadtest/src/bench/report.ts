// The results as tables for the terminal and the README.
import { sizes } from '../photos.ts';
import { machineLine, type Row, rangeOf, table, verdictRow } from '../report.ts';
import { nameOf } from './reference.ts';
import type { MemoryFigure, Results, ScenarioFigures } from './results.ts';

const scenarioHead = [
  'model, photos',
  'connections',
  'service/s',
  'reference/s (best)',
  'ratio (95 %)',
  'p50/p90/p99 ms',
  'added ms',
  'API MB',
  'worker MB',
];

function scenarioRow(figures: ScenarioFigures): Row {
  const { comparison: c, memory } = figures;
  const [best] = c.references;
  const { p50, p90, p99 } = c.latencyMs;
  const text = (ratio: number) => ratio.toFixed(2);
  return [
    `${figures.model}, ${sizes[figures.size].name}`,
    `${figures.connections}`,
    c.service.toFixed(1),
    best ? `${best.perSecond.toFixed(1)} (${nameOf(best.arrangement)})` : '',
    `${text(c.ratio.median)} ${rangeOf(c.ratio.interval, text)}`,
    [p50, p90, p99].map((ms) => ms.toFixed(1)).join(' / '),
    c.addedMs.toFixed(1),
    memory.api.peakMb.toFixed(0),
    memory.worker.peakMb.toFixed(0),
  ];
}

const memoryHead = ['resident memory', 'peak MB', 'afterwards MB'];

const memoryRow = ({ what, memory }: MemoryFigure): Row => [
  what,
  memory.peakMb.toFixed(0),
  memory.nowMb.toFixed(0),
];

export function report({ machine, command, speed, memory, verdicts }: Results): string {
  return [
    `${machineLine(machine)}; ${command}`,
    ...(speed ? [table(scenarioHead, speed.map(scenarioRow))] : []),
    ...(memory ? [table(memoryHead, memory.map(memoryRow))] : []),
    table(['wanted', 'measured', 'limit', ''], verdicts.map(verdictRow)),
  ].join('\n\n');
}
