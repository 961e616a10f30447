// The results as tables for the terminal and the README.
import { sizes } from '../photos.ts';
import { machineLine, type Row, rangeOf, table, verdictRow } from '../report.ts';
import type { Estimate } from '../statistics.ts';
import type { Machinery } from './machinery.ts';
import type { Overhead } from './overhead.ts';
import type { Pairs } from './pairs.ts';
import { nameOf } from './reference.ts';
import type { MemoryFigure, Results, ScenarioFigures } from './results.ts';
import type { Workers } from './workers.ts';

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
  return [
    `${figures.model}, ${sizes[figures.size].name}`,
    `${figures.connections}`,
    c.service.toFixed(1),
    best ? `${best.perSecond.toFixed(1)} (${nameOf(best.arrangement)})` : '',
    ratioText(c.ratio),
    [p50, p90, p99].map((ms) => ms.toFixed(1)).join(' / '),
    c.addedMs.toFixed(1),
    memory.api.peakMb.toFixed(0),
    memory.worker.peakMb.toFixed(0),
  ];
}

const ratioText = ({ median, interval }: Estimate) => {
  const text = (ratio: number) => ratio.toFixed(2);
  return `${text(median)} ${rangeOf(interval, text)}`;
};

const memoryHead = ['resident memory', 'peak MB', 'afterwards MB'];

const memoryRow = ({ what, memory }: MemoryFigure): Row => [
  what,
  memory.peakMb.toFixed(0),
  memory.nowMb.toFixed(0),
];

const pairsHead = ['in turns', 'first', 'second', 'ratio (95 %)'];

const pairsRow = (what: string, { first, second, ratio }: Pairs): Row => [
  what,
  first.toFixed(1),
  second.toFixed(1),
  ratioText(ratio),
];

const pairsRows = ({ decoding = [], explain = [], cached, workers, overhead }: Results): Row[] => [
  ...decoding.map((pairs) =>
    pairsRow(`${sizes[pairs.size].name}: decoder / plain resize, ms a photo`, pairs),
  ),
  ...explain.map((pairs) => pairsRow(`${pairs.model}: explained / not, ms a photo`, pairs)),
  ...(cached ? [pairsRow('cached answers / Fastify without a queue, a second', cached)] : []),
  ...(workers ? workersRows(workers) : []),
  ...(overhead ? overheadRows(overhead) : []),
];

const workersRows = ({ paced, int8 }: Workers): Row[] => [
  pairsRow('two workers that wait / one, photos a second', paced),
  pairsRow('two int8 workers / one on the same cores, photos a second', int8),
];

const overheadRows = ({ metricsAndLogs, traces }: Overhead): Row[] => [
  pairsRow('metrics and logs / off, ms of CPU a photo', metricsAndLogs),
  pairsRow('traces (10 %) / off, ms of CPU a photo', traces),
];

const machineryHead = ['ms of CPU a photo', 'all', 'API', 'Redis', 'worker', 'photos/s'];

const machineryRow = ({ cpuMs, cpu, perSecond }: Machinery): Row => [
  'machinery alone',
  ...[cpuMs.median, cpu.api, cpu.redis, cpu.worker].map((ms) => ms.toFixed(2)),
  perSecond.toFixed(0),
];

/** Nothing of a part that was not measured. */
const tableIfAny = (head: Row, rows: readonly Row[] = []): string[] =>
  rows.length > 0 ? [table(head, rows)] : [];

export function report(results: Results): string {
  const { machine, command, speed, machinery, memory, verdicts } = results;
  return [
    `${machineLine(machine)}; ${command}`,
    ...tableIfAny(scenarioHead, speed?.map(scenarioRow)),
    ...tableIfAny(pairsHead, pairsRows(results)),
    ...tableIfAny(machineryHead, machinery && [machineryRow(machinery)]),
    ...tableIfAny(memoryHead, memory?.map(memoryRow)),
    table(['wanted', 'measured', 'limit', ''], verdicts.map(verdictRow)),
  ].join('\n\n');
}
