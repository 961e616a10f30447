import { expect, test } from 'vitest';
import { topK } from '../src/top-k.ts';

test('the largest first, of equal ones the lower index first', () => {
  const row = Float32Array.from([0.1, 0.5, 0.1, 0.25, 0.05]);
  expect(topK(row, 3).map(({ index }) => index)).toEqual([1, 3, 0]);
  expect(topK(row, 4).map(({ index }) => index)).toEqual([1, 3, 0, 2]);
});

test('agrees with sorting, up to all of them', () => {
  const row = Float32Array.from({ length: 1000 }, (_, i) => ((i * 7919) % 1009) / 1009);
  const sorted = [...row.keys()].sort((a, b) => (row[b] as number) - (row[a] as number));
  expect(topK(row, 1000).map(({ index }) => index)).toEqual(sorted);
});
