import { expect, it } from 'vitest';
import type { ScenarioFigures } from '../../src/bench/results.ts';
import {
  judgeCached,
  judgeDecoding,
  judgeExplaining,
  judgeMachinery,
  judgeMemory,
  judgeOverhead,
  judgePage,
  judgeScenario,
  judgeWorkers,
} from '../../src/bench/verdicts.ts';
import { estimate } from '../../src/statistics.ts';

const memory = { nowMb: 400, peakMb: 480 };
const worker = { role: 'worker', what: 'worker', memory } as const;

const scenario = (connections: number, part: Partial<ScenarioFigures> = {}): ScenarioFigures => ({
  model: 'testcard-int8',
  size: 'imagenet',
  connections,
  rounds: 3,
  turnMs: 1000,
  tried: [],
  comparison: {
    service: 93,
    references: [],
    ratio: estimate([0.92, 0.93, 0.94]),
    latencyMs: { p50: 10, p90: 15, p99: 17 },
    addedMs: 2.5,
  },
  memory: { api: memory, worker: memory },
  ...part,
});

it('judges one connection by what is added, several by the ratio', () => {
  expect(judgeScenario(scenario(1))).toMatchObject([{ value: 2.5, limit: 2, ok: false }]);
  expect(judgeScenario(scenario(32))).toMatchObject([
    { value: 0.93, interval: [0.92, 0.94], limit: 0.9, ok: true },
  ]);
});

it('wants more of fp32, where the queue is a smaller part', () => {
  const [verdict] = judgeScenario(scenario(8, { model: 'testcard' }));
  expect(verdict).toMatchObject({ value: 0.93, limit: 0.95, ok: false });
});

it('wants answers of even speed at 8 connections', () => {
  expect(judgeScenario(scenario(8))[1]).toMatchObject({ value: 1.7, limit: 1.6, ok: false });
});

it('wants nothing of larger photos', () => {
  expect(judgeScenario(scenario(8, { size: 'mp12' }))).toEqual([]);
});

it('judges what is measured in turns by the median of the ratios', () => {
  const pairs = (ratio: number) => ({ first: ratio, second: 1, ratio: estimate([ratio]) });
  expect(judgeDecoding({ size: 'mp12', ...pairs(1.01) })).toMatchObject({ limit: 1, ok: false });
  const explained = judgeExplaining({ model: 'testcard', ...pairs(1.06) });
  expect(explained).toMatchObject({ limit: 1.05, ok: false });
  expect(judgeCached(pairs(0.76))).toMatchObject({ limit: 0.75, ok: true });
  const int8 = pairs(1);
  expect(judgeWorkers({ paced: pairs(1.94), int8 })).toMatchObject({ value: 1.94, ok: false });
  expect(judgeWorkers({ paced: pairs(1.96), int8 })).toMatchObject({ value: 1.96, ok: true });
});

it('judges the CPU of all processes together', () => {
  const cpu = { api: 0.6, redis: 0.3, worker: 0.3 };
  const machinery = { cpuMs: estimate([1.1, 1.2, 1.3]), cpu, perSecond: 1000 };
  expect(judgeMachinery(machinery)).toMatchObject({ value: 1.2, limit: 1, ok: false });
});

it('judges what watching costs, metrics and logs stricter than traces', () => {
  const pairs = { first: 1.025, second: 1, ratio: estimate([1.025]) };
  expect(judgeOverhead({ metricsAndLogs: pairs, traces: pairs })).toMatchObject([
    { limit: 1.02, ok: false },
    { limit: 1.03, ok: true },
  ]);
});

it('allows more memory for each further int8 session', () => {
  const judge = (sessions: number) => judgeMemory({ ...worker, model: 'testcard-int8', sessions });
  expect(judge(1)).toMatchObject([{ limit: 350, ok: false }]);
  expect(judge(2)).toMatchObject([{ limit: 500, ok: true }]);
});

it('wants nothing of several fp32 sessions', () => {
  expect(judgeMemory({ ...worker, model: 'testcard', sessions: 1 })).toHaveLength(1);
  expect(judgeMemory({ ...worker, model: 'testcard', sessions: 2 })).toEqual([]);
});

it('wants a page that is there at once and never deaf', () => {
  const figures = {
    interactive: estimate([300]),
    painted: estimate([100]),
    longestTask: estimate([51]),
    mostCpu: estimate([20]),
  };
  expect(judgePage(figures).map(({ ok }) => ok)).toEqual([true, true, false, true]);
});
