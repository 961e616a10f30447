import { expect, it } from 'vitest';
import { atLeast } from '../src/limits.ts';
import { table, verdictRow } from '../src/report.ts';

it('lays out a Markdown table', () => {
  expect(table(['a', 'figure'], [['long', '1']])).toBe(
    ['| a    | figure |', '| ---- | -----: |', '| long |      1 |'].join('\n'),
  );
});

it('shows an interval beside what was measured', () => {
  const verdict = atLeast('ratio', 0.931, 0.95, '');
  expect(verdictRow(verdict)).toEqual(['ratio', '0.93 ', '0.95 ', 'short of']);
  expect(verdictRow({ ...verdict, interval: [0.9, 0.949] })[1]).toBe('0.93 (0.90..0.95) ');
});
