import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Recent } from '../src/recent.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});

afterEach(() => {
  vi.useRealTimers();
});

test('remembers for a second', () => {
  const recent = new Recent<string>(10);
  recent.set('a', 'text');
  vi.advanceTimersByTime(999);
  expect(recent.get('a')).toBe('text');
  vi.advanceTimersByTime(1);
  expect(recent.get('a')).toBeNull();
  expect(recent.get('b')).toBeNull();
});

test('the oldest make way', () => {
  const recent = new Recent<string>(2);
  for (const key of ['a', 'b', 'a', 'c']) recent.set(key, key);
  expect(['a', 'b', 'c'].map((key) => recent.get(key))).toEqual(['a', null, 'c']);
});
