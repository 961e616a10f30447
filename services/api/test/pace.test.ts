import { Budget } from '@synset/shared';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { keepPace, reserveInTime } from '../src/pace.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

const never = new AbortController().signal;

test('waiting for bytes that stay in flight ends as QUEUE_FULL', async () => {
  const budget = new Budget(10);
  await budget.reserve(10);
  const waiting = expect(reserveInTime(budget, 1, 3000, never)).rejects.toMatchObject({
    code: 'QUEUE_FULL',
    retryAfterS: 5,
  });
  await vi.advanceTimersByTimeAsync(3000);
  await waiting;
  expect(budget.used).toBe(10);
});

test('an upload that trickles ends as REQUEST_TIMEOUT', async () => {
  let received = 0;
  const reading = keepPace(new Promise(() => {}), () => received);
  const ended = expect(reading).rejects.toMatchObject({ code: 'REQUEST_TIMEOUT' });
  received += 60_000; // fast enough for the first 5 s
  await vi.advanceTimersByTimeAsync(5000);
  received += 100;
  await vi.advanceTimersByTimeAsync(5000);
  await ended;
});

test('an upload that flows is left alone, and its own error comes through', async () => {
  await keepPace(Promise.resolve(), () => 0);
  await expect(keepPace(Promise.reject(new Error('its own')), () => 0)).rejects.toThrow('its own');
  expect(vi.getTimerCount()).toBe(0);
});
