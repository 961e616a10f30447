import { expect, test } from 'vitest';
import { decodeCacheEntry, encodeCacheEntry } from '../src/reply.ts';

const entry = {
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
  const json = encodeCacheEntry(entry);
  const [first, second, third] = entry.categories;
  const rounded = { ...first, score: 0.876543 };
  expect(decodeCacheEntry(json, 2)).toEqual({ ...entry, categories: [rounded, second] });
  expect(decodeCacheEntry(json, 100).categories).toEqual([rounded, second, { ...third, score: 0 }]);
});

test('what is no cache entry is none', () => {
  for (const json of ['{', '{}', JSON.stringify(entry)]) {
    expect(() => decodeCacheEntry(json, 5)).toThrow();
  }
});
