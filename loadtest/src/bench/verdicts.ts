// What is wanted of speed and memory, and what of it was reached.
import { atLeast, atMost, type Verdict } from '../limits.ts';
import { sizes } from '../photos.ts';
import type { Estimate } from '../statistics.ts';
import type { Decoding } from './decoding.ts';
import type { Explaining } from './explain.ts';
import type { Machinery } from './machinery.ts';
import type { Overhead } from './overhead.ts';
import type { PageFigures } from './page.ts';
import type { Pairs } from './pairs.ts';
import type { MemoryFigure, Model, ScenarioFigures } from './results.ts';
import type { Workers } from './workers.ts';

const RATIO: Record<Model, number> = { 'testcard-int8': 0.9, testcard: 0.95 };
const ADDED_MS_AT_1 = 2;
const P99_BY_P50_AT_8 = 1.6;
const DECODING = 1;
const EXPLAINED = 1.05;
const MACHINERY_MS = 1;
const CACHED = 0.75;
const TWO_WORKERS = 1.95;
const METRICS_AND_LOGS = 1.02;
const TRACES = 1.03;
const API_MB = 300;
const WORKER_MB: Record<Model, number> = { 'testcard-int8': 350, testcard: 550 };
const FURTHER_INT8_SESSION_MB = 150;
const INTERACTIVE_MS = 300;
const PAINTED_MS = 100;
const LONGEST_TASK_MS = 50;

type Judge = typeof atMost;

/** The median is judged; its interval says how sure that is. */
const judged = (
  judge: Judge,
  what: string,
  { median, interval }: Estimate,
  limit: number,
  unit = '',
) => ({
  ...judge(what, median, limit, unit),
  interval,
});

/** The limits are for photos of ImageNet's size. */
export function judgeScenario(figures: ScenarioFigures): Verdict[] {
  const { model, size, connections, comparison } = figures;
  if (size !== 'imagenet') return [];
  if (connections === 1) {
    const what = `${model}, 1 connection: added to decoding and inference`;
    return [atMost(what, comparison.addedMs, ADDED_MS_AT_1, 'ms')];
  }
  const where = `${model}, ${connections} connections`;
  const { ratio, latencyMs } = comparison;
  const ratios = [judged(atLeast, `${where}: service / reference`, ratio, RATIO[model])];
  if (model !== 'testcard-int8' || connections !== 8) return ratios;
  return [
    ...ratios,
    atMost(`${where}: p99 / p50`, latencyMs.p99 / latencyMs.p50, P99_BY_P50_AT_8, ''),
  ];
}

export const judgeDecoding = ({ size, ratio }: Decoding): Verdict =>
  judged(atMost, `${sizes[size].name}: decoder / plain resize`, ratio, DECODING);

export const judgeExplaining = ({ model, ratio }: Explaining): Verdict =>
  judged(atMost, `${model}: a photo explained / not`, ratio, EXPLAINED);

export const judgeMachinery = ({ cpuMs }: Machinery): Verdict =>
  judged(atMost, 'machinery alone: a photo', cpuMs, MACHINERY_MS, 'ms of CPU');

export const judgeCached = ({ ratio }: Pairs): Verdict =>
  judged(atLeast, 'cached answers / Fastify without a queue', ratio, CACHED);

/** With real inference both workers share the cores: nothing is wanted of that. */
export const judgeWorkers = ({ paced }: Workers): Verdict =>
  judged(atLeast, 'two workers that wait / one', paced.ratio, TWO_WORKERS);

export const judgeOverhead = ({ metricsAndLogs, traces }: Overhead): Verdict[] => [
  judged(atMost, 'CPU of a photo, metrics and logs / off', metricsAndLogs.ratio, METRICS_AND_LOGS),
  judged(atMost, 'CPU of a photo, traces (10 %) / off', traces.ratio, TRACES),
];

export function judgeMemory({ role, what, model, sessions, memory }: MemoryFigure): Verdict[] {
  if (role === 'api') return [atMost(what, memory.peakMb, API_MB, 'MB')];
  const further = sessions - 1;
  if (further > 0 && model !== 'testcard-int8') return [];
  const limit = WORKER_MB[model] + further * FURTHER_INT8_SESSION_MB;
  return [atMost(what, memory.peakMb, limit, 'MB')];
}

export const judgePage = ({
  interactive,
  painted,
  longestTask,
  mostCpu,
}: PageFigures): Verdict[] => [
  judged(atMost, 'page: interactive after', interactive, INTERACTIVE_MS, 'ms'),
  judged(atMost, 'page: answer painted after its arrival', painted, PAINTED_MS, 'ms'),
  judged(atMost, 'page: longest task, 50 photos', longestTask, LONGEST_TASK_MS, 'ms'),
  judged(atMost, 'page: most CPU of a task, 50 photos', mostCpu, LONGEST_TASK_MS, 'ms'),
];
