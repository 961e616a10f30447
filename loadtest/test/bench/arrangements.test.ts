import { expect, it } from 'vitest';
import { arrangements, nameOf } from '../../src/bench/reference.ts';

it('tries sessions that share the cores, and twice the threads', () => {
  expect(arrangements(2).map(nameOf)).toEqual(['1x2', '2x1', '2x2']);
  expect(arrangements(4).map(nameOf)).toEqual(['1x4', '2x2', '2x4', '4x1', '4x2']);
});
