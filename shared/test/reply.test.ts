import { expect, test } from 'vitest';
import { decodeCacheEntry, decodeReply, encodeCacheEntry, seenIn } from '../src/reply.ts';

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
  const two = [rounded, second];
  expect(seenIn(entry, 2)).toEqual({ ...seen, categories: two, confident: true });
  expect(seenIn(entry, 100).categories).toEqual([rounded, second, { ...third, score: 0 }]);
});

const grid = (value: number) => Array(7).fill(Array(7).fill(value));
const area = { x: 85.044, y: 23.438, width: 328.446, height: 328.125 };

test('its reasons are those of as many categories', () => {
  const explanation = { area, grids: [grid(1), grid(0.125), grid(0)] };
  const entry = decodeCacheEntry(encodeCacheEntry({ ...seen, explanation }));
  expect(seenIn(entry, 2).explanation).toEqual({ area, grids: [grid(1), grid(0.125)] });
  expect(seenIn(entry, 100).explanation).toEqual(explanation);
  const none = decodeCacheEntry(encodeCacheEntry({ ...seen, explanation: null }));
  expect(seenIn(none, 1).explanation).toBeNull();
});

test('whether it is sure does not depend on how many categories are asked for', () => {
  const [best, second] = [0.7, 0.1];
  const categories = [best, second].map((score, index) => ({ index, score }));
  const entry = decodeCacheEntry(encodeCacheEntry({ ...seen, categories }));
  expect([1, 2].map((topK) => seenIn(entry, topK).confident)).toEqual([true, true]);
});

test('an answer of an older worker, which tells less, is an answer', () => {
  const answer = {
    ...{ jobId: 'a', status: 'done', ...seen, format: 'png', bytes: 1, sha256: '00' },
    ...{ cached: false, uploadMs: 0, queueMs: 0, decodeMs: 0, inferenceMs: 0 },
  };
  expect(decodeReply({ reply: JSON.stringify(answer) })).toEqual(answer);
});

test('what is no cache entry is none', () => {
  for (const json of ['{', '{}', JSON.stringify(seen)]) {
    expect(() => decodeCacheEntry(json)).toThrow();
  }
});
