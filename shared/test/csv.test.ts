import { expect, test } from 'vitest';
import { csvLine } from '../src/csv.ts';

test('a line of all that a cell may be', () => {
  expect(csvLine(['a b', 1.5, true, null, undefined, 'ü'])).toBe('a b,1.5,true,,,ü\r\n');
});

test('what would end a cell is quoted', () => {
  expect(csvLine(['a,b', 'a"b', 'a\nb', 'a\rb'])).toBe('"a,b","a""b","a\nb","a\rb"\r\n');
});

test('no text is a formula, but a number may be negative', () => {
  expect(csvLine(['=1+1', '+1', '-1', '@a', '\t=1', '\r=1', -1])).toBe(
    `'=1+1,'+1,'-1,'@a,'\t=1,"'\r=1",-1\r\n`,
  );
});
