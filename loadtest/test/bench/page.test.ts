import { expect, it } from 'vitest';
import { longestTask } from '../../src/bench/page.ts';

const event = (name: string, ts: number, dur?: number, tid = 1, tdur = 1000) => ({
  ...{ name, ts, dur, tid, tdur },
  pid: 1,
});

it('finds the longest task of the thread that has set the mark, since then', () => {
  const events = [
    event('RunTask', 1, 90_000),
    event('drop', 2),
    event('ThreadControllerImpl::RunTask', 3, 7000, 1, 6000),
    event('ThreadControllerImpl::RunTask', 4, 12_500),
    event('ThreadControllerImpl::RunTask', 5, 80_000, 2),
    event('Layout', 6, 99_000),
  ];
  expect(longestTask(events, 'drop')).toEqual({ ms: 12.5, cpuMs: 6 });
  expect(() => longestTask(events, 'no mark')).toThrow('no mark');
});
