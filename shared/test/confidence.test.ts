import { expect, test } from 'vitest';
import { CONFIDENT_MARGIN, CONFIDENT_SCORE, isConfident } from '../src/confidence.ts';

const [least, margin] = [CONFIDENT_SCORE, CONFIDENT_MARGIN];

test.each([
  ['likely, and nothing near', [0.9, 0.01], true],
  ['as likely as it must be', [least, least - margin - 0.001], true],
  ['not likely enough', [least - 0.001, 0.01], false],
  ['with another one near', [least, least - margin + 0.001], false],
  ['so likely that no other can be near', [0.501 + margin / 2], true],
  ['alone, and another one may be near', [0.499 + margin / 2], false],
  ['none at all', [], false],
])('%s', (_, scores, sure) => {
  expect(isConfident(scores.map((score) => ({ score })))).toBe(sure);
});
