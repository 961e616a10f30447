import { expect, test } from 'vitest';
import { ServiceRate } from '../src/service-rate.ts';

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test('a few jobs say nothing yet', () => {
  const rate = new ServiceRate();
  for (let i = 0; i < 9; i++) {
    rate.begin();
    rate.end();
  }
  expect(rate.perSecond()).toBeNull();
});

test('time without work does not count', async () => {
  const rate = new ServiceRate();
  const started = performance.now();
  for (let i = 0; i < 10; i++) rate.begin();
  await pause(20);
  for (let i = 0; i < 10; i++) rate.end();
  const busyMs = performance.now() - started;
  await pause(200);
  expect(rate.perSecond()).toBeGreaterThanOrEqual(10_000 / busyMs);
});

test('after a long time without work one job under way does not count for all', async () => {
  const rate = new ServiceRate();
  for (let i = 0; i < 10; i++) rate.begin();
  await pause(20);
  for (let i = 0; i < 10; i++) rate.end();
  for (let look = 0; look < 30; look++) rate.perSecond();
  rate.begin();
  const started = performance.now();
  await pause(20);
  // Ten jobs, of which a look has halved the weight.
  expect(rate.perSecond()).toBeGreaterThan(5000 / (performance.now() - started + 100));
});
