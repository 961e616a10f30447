import { expect, it } from 'vitest';
import { judgeMemory } from '../../src/bench/verdicts.ts';

const memory = { nowMb: 400, peakMb: 480 };
const worker = { role: 'worker', what: 'worker', memory } as const;

it('allows more memory for each further int8 session', () => {
  const judge = (sessions: number) => judgeMemory({ ...worker, model: 'testcard-int8', sessions });
  expect(judge(1)).toMatchObject([{ limit: 350, ok: false }]);
  expect(judge(2)).toMatchObject([{ limit: 500, ok: true }]);
});

it('wants nothing of several fp32 sessions', () => {
  expect(judgeMemory({ ...worker, model: 'testcard', sessions: 1 })).toHaveLength(1);
  expect(judgeMemory({ ...worker, model: 'testcard', sessions: 2 })).toEqual([]);
});
