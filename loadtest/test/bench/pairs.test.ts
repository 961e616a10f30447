import { expect, it } from 'vitest';
import { inPairs } from '../../src/bench/pairs.ts';

it('takes turns, every other time the other way round, and forgets the first', async () => {
  const turns: string[] = [];
  const turn = (name: string, values: number[]) => async () => {
    turns.push(name);
    return values.shift() ?? Number.NaN;
  };
  const pairs = await inPairs(3, turn('a', [999, 2, 4, 9]), turn('b', [1, 2, 2, 3]));
  expect(turns.join('')).toBe('ab' + 'ab' + 'ba' + 'ab');
  expect(pairs).toEqual({
    first: 4,
    second: 2,
    ratio: { median: 2, interval: [1, 3], all: [1, 2, 3] },
  });
});
