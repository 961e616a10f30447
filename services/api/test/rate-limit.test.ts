import { freePort, startTestRedis, testPhoto } from '@synset/shared/testing';
import { afterEach, expect, inject, test } from 'vitest';
import { readConfig } from '../src/config.ts';
import { networkOf, parseRateLimit } from '../src/rate-limit.ts';
import { form, post, read, startApi, type TestApi } from './api.ts';
import { type FakeWorker, startFakeWorker } from './fake-worker.ts';
import { best, image, infer } from './inference.ts';

const KEY = 'the-key-of-one-client';
const OTHER = 'the-key-of-the-other-one';
const photo = testPhoto('nagasaki-boats');

let closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing) await close();
  closing = [];
});

async function start(env: NodeJS.ProcessEnv): Promise<TestApi> {
  const api = await startApi(env);
  closing.push(() => api.close());
  return api;
}

async function work(api: TestApi): Promise<FakeWorker> {
  const worker = await startFakeWorker(inject('redisUrl'), api.prefix);
  closing.push(() => worker.close());
  return worker;
}

const statuses = async (url: string, times: number, headers: Record<string, string> = {}) => {
  const all: number[] = [];
  for (let i = 0; i < times; i++) all.push((await fetch(`${url}/labels`, { headers })).status);
  return all;
};

test('who asks for too much is told so, and when to come again', async () => {
  const api = await start({ RATE_LIMIT: '2/1000s' });
  const first = await fetch(`${api.url}/labels`);
  expect(first.status).toBe(200);
  expect(first.headers.get('ratelimit-limit')).toBe('2');
  expect(first.headers.get('ratelimit-remaining')).toBe('1');
  expect(await statuses(api.url, 2)).toEqual([200, 429]);
  const refused = await fetch(`${api.url}/predict`, { method: 'POST', body: form(photo) });
  expect(refused.status).toBe(429);
  expect(refused.headers.get('content-type')).toMatch('application/problem+json');
  expect(refused.headers.get('ratelimit-remaining')).toBe('0');
  const after = Number(refused.headers.get('retry-after'));
  expect(after).toBeGreaterThan(900);
  expect(after).toBeLessThanOrEqual(1000);
  expect(refused.headers.get('ratelimit-reset')).toBe(`${after}`);
  expect(await read(refused)).toMatchObject({ code: 'RATE_LIMITED' });
  // Neither a path that is none, nor health.
  expect((await fetch(`${api.url}/nothing`)).status).toBe(429);
  for (const path of ['/healthz', '/readyz', '/v2/health/live', '/v2/health/ready']) {
    const response = await fetch(api.url + path);
    expect(response.status, path).not.toBe(429);
    expect(response.headers.has('ratelimit-limit')).toBe(false);
  }
});

test('a window ends', async () => {
  const api = await start({ RATE_LIMIT: '1/1s' });
  expect((await fetch(`${api.url}/labels`)).status).toBe(200);
  const seen = new Set<number>();
  while (!seen.has(429) || !seen.has(200)) seen.add((await fetch(`${api.url}/labels`)).status);
});

test('all instances count together', async () => {
  const api = await start({ RATE_LIMIT: '4/h' });
  const second = await start({ RATE_LIMIT: '4/h', KEY_PREFIX: api.prefix });
  expect(await statuses(api.url, 2)).toEqual([200, 200]);
  expect(await statuses(second.url, 3)).toEqual([200, 200, 429]);
  expect(await statuses(api.url, 1)).toEqual([429]);
});

test('each key has its own count, and who has none has none', async () => {
  const api = await start({ RATE_LIMIT: '1/h', API_KEYS: `${KEY},${OTHER}` });
  expect(await statuses(api.url, 2, { 'x-api-key': KEY })).toEqual([200, 429]);
  expect(await statuses(api.url, 2, { 'x-api-key': OTHER })).toEqual([200, 429]);
  expect(await statuses(api.url, 2)).toEqual([401, 401]);
});

test('an address is the one that a trusted proxy tells, and no other', async () => {
  const trusting = await start({ RATE_LIMIT: '1/h', TRUST_PROXY: 'loopback' });
  const from = (ip: string) => ({ 'x-forwarded-for': ip });
  expect(await statuses(trusting.url, 2, from('192.0.2.1'))).toEqual([200, 429]);
  expect(await statuses(trusting.url, 1, from('192.0.2.2'))).toEqual([200]);
  // What the client itself says comes before what the proxy adds.
  expect(await statuses(trusting.url, 1, from('198.51.100.9, 192.0.2.2'))).toEqual([429]);
  expect(await statuses(trusting.url, 1, from('2001:db8:1:2::1'))).toEqual([200]);
  expect(await statuses(trusting.url, 1, from('2001:db8:1:2:ffff::7'))).toEqual([429]);
  expect(await statuses(trusting.url, 1, from('2001:db8:1:3::1'))).toEqual([200]);
  const plain = await start({ RATE_LIMIT: '1/h' });
  expect(await statuses(plain.url, 1, from('192.0.2.1'))).toEqual([200]);
  expect(await statuses(plain.url, 1, from('192.0.2.2'))).toEqual([429]);
});

test('a form counts as many as its photos', async () => {
  const api = await start({ RATE_LIMIT: '4/h' });
  await work(api);
  while ((await fetch(`${api.url}/readyz`)).status !== 200);
  expect((await post(`${api.url}/jobs`, form(photo, photo, photo))).status).toBe(202);
  expect(await statuses(api.url, 2)).toEqual([200, 429]);
});

test('an inference request counts as many as its photos', async () => {
  const api = await start({ RATE_LIMIT: '4/h' });
  await work(api);
  while ((await fetch(`${api.url}/readyz`)).status !== 200);
  const request = { inputs: [image(photo, photo, photo)], outputs: best(1) };
  expect((await infer(api, request)).status).toBe(200);
  expect((await infer(api, request)).status).toBe(200);
  expect(await infer(api, request)).toMatchObject({
    status: 429,
    body: { error: expect.stringContaining('in 3600 s, which is the limit') },
  });
});

test('without Redis nobody is refused for the rate', async () => {
  const port = await freePort();
  const api = await start({ RATE_LIMIT: '1/h', REDIS_URL: `redis://127.0.0.1:${port}` });
  expect(await statuses(api.url, 3)).toEqual([200, 200, 200]);
  expect(await read(await post(`${api.url}/predict`, form(photo)))).toMatchObject({
    code: 'QUEUE_UNAVAILABLE',
  });
  // It counts as soon as Redis is there.
  const redis = await startTestRedis({ port });
  closing.push(() => redis.stop());
  while (!(await statuses(api.url, 1)).includes(429));
});

test('without a limit nothing is counted', async () => {
  const api = await start({});
  const response = await fetch(`${api.url}/labels`);
  expect(response.headers.has('ratelimit-limit')).toBe(false);
});

test.each([
  ['100/60s', 100, 60_000],
  ['100/m', 100, 60_000],
  ['5/1h', 5, 3_600_000],
  ['1/24h', 1, 86_400_000],
])('%s', (text, max, windowMs) => {
  expect(parseRateLimit(text)).toEqual({ max, windowMs });
});

test.each(['100', '0/60s', '10/0s', '10/25h', '10/60', 'x/60s', '-1/60s', '10/60s,5/1s', '1e3/m'])(
  '%s is no limit',
  (text) => {
    const parse = () => readConfig({ RATE_LIMIT: text });
    expect(parse).toThrow('bad setting: RATE_LIMIT: must be a number and a time of at most 24h');
  },
);

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:db8::1', '2001:db8:0:0'],
])('the network of %s is %s', (ip, network) => {
  expect(networkOf(ip)).toBe(network);
});
