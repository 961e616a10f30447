import { expect, it } from 'vitest';
import { table } from '../src/report.ts';

it('lays out a Markdown table', () => {
  expect(table(['a', 'figure'], [['long', '1']])).toBe(
    ['| a    | figure |', '| ---- | -----: |', '| long |      1 |'].join('\n'),
  );
});
