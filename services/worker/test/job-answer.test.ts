import { testJob } from '@synset/shared/testing';
import { expect, test } from 'vitest';
import { CLASSES } from '../src/backend/backend.ts';
import { answerOf, seenOf } from '../src/job-answer.ts';

const classified = {
  probabilities: Float32Array.from({ length: CLASSES }, (_, i) => ({ 7: 0.7, 8: 0.1 })[i] ?? 0),
  grids: null,
  width: 3,
  height: 2,
  area: { x: 0, y: 0, width: 3, height: 2 },
  decodeMs: 4,
  inferenceMs: 8,
};
const model = { name: 'test', trained: true };

test('the second category says whether the first is sure, asked for or not', () => {
  const job = testJob({ id: 'a', image: Buffer.from('x'), topK: 1 });
  const answer = answerOf(job, seenOf(classified, job, model, 1), classified, 20);
  expect(answer.categories.map(({ index }) => index)).toEqual([7]);
  expect(answer).toMatchObject({ confident: true, model, queueMs: 8 });
});

test('a model that cannot explain says so to who asked, and nothing to others', () => {
  expect(seenOf(classified, { explain: true }, model, 1).explanation).toBeNull();
  expect(seenOf(classified, { explain: false }, model, 1)).not.toHaveProperty('explanation');
});
