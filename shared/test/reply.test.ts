import { expect, test } from 'vitest';
import { decodeCacheEntry, encodeCacheEntry, seenIn } from '../src/reply.ts';

const seen = {
  categories: [
    { index: 281, score: 0.87654321 },
    { index: 285, score: 0.1 },
    { index: 3, score: 1e-9 },
  ],
  model: { name: 'test', trained: true },
  width: 500,
  height: 375,
};

test('a cache entry comes back with as many categories as asked for', () => {
  const entry = decodeCacheEntry(encodeCacheEntry(seen));
  const [first, second, third] = seen.categories;
  const rounded = { ...first, score: 0.876543 };
  expect(seenIn(entry, 2)).toEqual({ ...seen, categories: [rounded, second] });
  expect(seenIn(entry, 100).categories).toEqual([rounded, second, { ...third, score: 0 }]);
});

test('what is no cache entry is none', () => {
  for (const json of ['{', '{}', JSON.stringify(seen)]) {
    expect(() => decodeCacheEntry(json)).toThrow();
  }
});
