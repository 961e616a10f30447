import { expect, it } from 'vitest';
import { serviceArrangement } from '../../src/bench/context.ts';
import { arrangements, nameOf } from '../../src/bench/reference.ts';

it('tries sessions that share the cores, and twice the threads', () => {
  expect(arrangements(2).map(nameOf)).toEqual(['1x2', '2x1', '2x2']);
  expect(arrangements(4).map(nameOf)).toEqual(['1x4', '2x2', '2x4', '4x1', '4x2']);
});

it.each([1, 2, 4, 8])('tries the arrangement of the service, with %i cores', (cores) => {
  expect(arrangements(cores).map(nameOf)).toContain(nameOf(serviceArrangement(cores)));
});
