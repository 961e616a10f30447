// How often and in what times photos were answered, and how far the figures can be trusted.
import { describe, expect, test } from 'vitest';
import { type Answered, AnswerWindow, summarize } from '../src/live/window.ts';

const START = 1_000_000_000;

/** Reads a window that a time from now was answered in, for each of the times. */
function windowOf(times: number[], photos = 1): Answered {
  const window = new AnswerWindow();
  for (const ms of times) window.add(ms, photos, START);
  const read = window.read(START);
  if (!read) throw new Error('empty');
  return read;
}

test('times are told to 5 %, from a millisecond to an hour', () => {
  for (let ms = 1; ms <= 3_600_000; ms *= 1.037) {
    const { p50Ms } = summarize([windowOf([ms])]);
    // What is told has three digits.
    expect(Math.abs((p50Ms ?? 0) - ms) / ms, `${ms}`).toBeLessThanOrEqual(0.055);
  }
});

test.each([
  ['nothing', 0, 1],
  ['less than a millisecond', 0.01, 1],
  ['more than an hour', 1e9, 3.6e6],
])('%s is told as the nearest that is', (_name, ms, told) => {
  const { p50Ms } = summarize([windowOf([ms])]);
  expect((p50Ms ?? 0) / told).toBeCloseTo(1, 0);
});

test('percentiles of several windows are those of all their photos', () => {
  const fast = windowOf(Array.from({ length: 90 }, () => 10));
  const slow = windowOf(Array.from({ length: 10 }, () => 1000));
  const { p50Ms, p95Ms } = summarize([fast, slow]);
  expect((p50Ms ?? 0) / 10).toBeCloseTo(1, 1);
  expect((p95Ms ?? 0) / 1000).toBeCloseTo(1, 1);
  expect(summarize([slow, fast])).toEqual(summarize([fast, slow]));
});

test('of one slow photo in twenty the 95 % know nothing, of two they do', () => {
  const fast = Array.from({ length: 18 }, () => 10);
  expect(summarize([windowOf([...fast, 10, 1000])]).p95Ms).toBeLessThan(11);
  expect(summarize([windowOf([...fast, 1000, 1000])]).p95Ms).toBeGreaterThan(900);
});

test('no windows tell nothing', () => {
  expect(summarize([])).toEqual({ requestsPerS: 0, p50Ms: null, p95Ms: null });
});

describe('a window', () => {
  const S = 1000;

  test('has the photos of a minute, and is none after it', () => {
    const window = new AnswerWindow();
    expect(window.read(START)).toBeNull();
    window.add(20, 3, START);
    const photos = (now: number) => window.read(now)?.times.map(([, photos]) => photos);
    expect(photos(START + 59 * S)).toEqual([3]);
    window.add(20, 2, START + 59 * S);
    expect(photos(START + 59 * S)).toEqual([5]);
    expect(photos(START + 60 * S)).toEqual([2]);
    expect(window.read(START + 119 * S)).toBeNull();
  });

  test('forgets a second when its place is needed for another', () => {
    const window = new AnswerWindow();
    window.add(20, 1, START);
    window.add(20, 1, START + 60 * S);
    expect(window.read(START + 60 * S)?.times).toEqual([[expect.any(Number), 1]]);
  });

  test('has the rate of the last ten seconds', () => {
    const window = new AnswerWindow();
    for (let second = 0; second < 30; second++) window.add(20, 7, START + second * S);
    expect(window.read(START + 29.999 * S)?.perS).toBeCloseTo(7, 2);
    expect(window.read(START + 30 * S)?.perS).toBeCloseTo(7, 2);
    expect(window.read(START + 35 * S)?.perS).toBeCloseTo(28 / 9, 2);
    expect(window.read(START + 40 * S)?.perS).toBe(0);
  });
});
