import { createKeys, createRedis, type Keys, type Redis, type WorkerInfo } from '@synset/shared';
import { silentLog, startTestRedis, type TestRedis, testPhoto } from '@synset/shared/testing';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { maxBacklog, queueFull, serviceRate } from '../src/admission.ts';
import { form, post, read, startApi, type TestApi } from './api.ts';
import { type FakeWorker, startFakeWorker, tabby } from './fake-worker.ts';

const photo = testPhoto('nagasaki-boats');

describe('the rate of all workers', () => {
  const workers = (...rates: (number | null)[]) =>
    rates.map((jobsPerS) => ({ jobsPerS }) as WorkerInfo);

  test.each([
    [[10, 20], 30],
    [[10, null, 20], 45],
    [[null, null], null],
    [[], null],
  ])('%j: %j', (rates, rate) => {
    expect(serviceRate(workers(...rates))).toBe(rate);
  });
});

test('the backlog may take half of the budget, and one job always may', () => {
  expect(maxBacklog(1000, 20, 10_000)).toBe(100);
  expect(maxBacklog(50, 20, 10_000)).toBe(50);
  expect(maxBacklog(1000, 0.01, 10_000)).toBe(1);
  expect(maxBacklog(1000, null, 10_000)).toBe(1000);
  expect(maxBacklog(1000, 20, null)).toBe(1000);
});

test('Retry-After is the time that the backlog takes, within bounds', () => {
  const full = (jobs: number, jobsPerS: number | null) =>
    queueFull({ jobs, bytes: 1, what: 'jobs' }, jobsPerS);
  expect(full(100, 20)).toMatchObject({ code: 'QUEUE_FULL', retryAfterS: 5 });
  expect(full(1, 20).retryAfterS).toBe(1);
  expect(full(1000, 0.1).retryAfterS).toBe(120);
  expect(full(100, null).retryAfterS).toBe(5);
});

describe('a queue that is full', () => {
  let api: TestApi;
  let worker: FakeWorker;
  let redis: Redis;
  let keys: Keys;

  beforeEach(async () => {
    redis = createRedis({ url: inject('redisUrl'), name: 'test', log: silentLog });
    await redis.connect();
  });

  afterEach(async () => {
    await api.close();
    await worker.close();
    redis.destroy();
  });

  /** With a worker that takes no jobs. */
  async function start(env: NodeJS.ProcessEnv, jobsPerS?: number) {
    api = await startApi({ REQUEST_TIMEOUT_MS: '1000', ...env });
    keys = createKeys(api.prefix);
    const options = { reads: false, ...(jobsPerS !== undefined && { jobsPerS }) };
    worker = await startFakeWorker(inject('redisUrl'), api.prefix, undefined, options);
  }

  const predict = (headers = {}) =>
    fetch(`${api.url}/predict`, {
      method: 'POST',
      body: form(photo),
      headers: { 'cache-control': 'no-cache', ...headers },
    });

  /** All at once, none finished before the last is asked. */
  const codes = async (count: number) => {
    const responses = await Promise.all(Array.from({ length: count }, () => predict()));
    return responses.map(({ status }) => status).sort();
  };

  test('takes QUEUE_LIMIT jobs, not one more, and refuses the rest at once', async () => {
    await start({ QUEUE_LIMIT: '3' });
    expect(await codes(10)).toEqual([...Array(7).fill(503), 504, 504, 504]);
    expect(await redis.xLen(keys.jobs)).toBe(3);
  });

  test('takes QUEUE_BYTES of photos, not one byte more', async () => {
    await start({ QUEUE_BYTES: `${2 * photo.length}`, MAX_UPLOAD_BYTES: `${photo.length}` });
    expect(await codes(4)).toEqual([503, 503, 504, 504]);
    expect(await redis.get(keys.jobBytes)).toBe(`${2 * photo.length}`);
  });

  test('is as full as the workers are slow', async () => {
    await start({}, 4);
    // Four a second: two of them are done in half of the second that a request may wait.
    expect(await codes(5)).toEqual([503, 503, 503, 504, 504]);
    const refused = await predict();
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(await read(refused)).toMatchObject({
      code: 'QUEUE_FULL',
      detail: expect.stringContaining('2 photos'),
    });
  });

  test('is full sooner for who has less time', async () => {
    await start({ REQUEST_TIMEOUT_MS: '60000' }, 4);
    const first = predict({ 'x-request-timeout': '500ms' });
    while ((await redis.xLen(keys.jobs)) === 0);
    expect((await predict({ 'x-request-timeout': '500' })).status).toBe(503);
    expect((await predict({ 'x-request-timeout': 'soon' })).status).toBe(400);
    expect((await first).status).toBe(504);
  });
});

describe('Redis that is frozen', () => {
  let api: TestApi;
  let redis: TestRedis;
  let worker: FakeWorker;

  beforeEach(async () => {
    redis = await startTestRedis();
    api = await startApi({ REDIS_URL: redis.url });
    worker = await startFakeWorker(redis.url, api.prefix);
    while ((await fetch(`${api.url}/readyz`)).status !== 200);
  });

  afterEach(async () => {
    redis.process.kill('SIGCONT');
    await api.close();
    await worker.close();
    await redis.stop();
  });

  const predict = () => post(`${api.url}/predict`, form(photo));

  test('is 503 within a second, then at once, and recovers by itself', async () => {
    redis.process.kill('SIGSTOP');
    const [slow, ready] = await Promise.all([predict(), fetch(`${api.url}/readyz`)]);
    expect([slow.status, ready.status]).toEqual([503, 503]);
    expect(await read(slow)).toMatchObject({ code: 'QUEUE_UNAVAILABLE' });
    expect(slow.headers.get('retry-after')).toBe('2');
    // The connection was given up, and no photo waits in it: nothing is sent to Redis any more.
    expect(await read(await predict())).toMatchObject({ code: 'QUEUE_UNAVAILABLE' });
    redis.process.kill('SIGCONT');
    while ((await fetch(`${api.url}/readyz`)).status !== 200);
    expect((await predict()).status).toBe(200);
  });
});

test('Redis that comes back empty is used again', async () => {
  const first = await startTestRedis();
  const api = await startApi({ REDIS_URL: first.url });
  await (await startFakeWorker(first.url, api.prefix)).close();
  await first.stop();
  expect((await post(`${api.url}/predict`, form(photo))).status).toBe(503);
  const second = await startTestRedis({ port: Number(new URL(first.url).port) });
  const worker = await startFakeWorker(
    second.url,
    api.prefix,
    (job, me) => void me.reply(job, tabby(job)),
  );
  while ((await fetch(`${api.url}/readyz`)).status !== 200);
  expect((await post(`${api.url}/predict`, form(photo))).status).toBe(200);
  await worker.close();
  await api.close();
  await second.stop();
});
