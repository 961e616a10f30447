import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { BLOCK_MS, createKeys, createRedis } from '@synset/shared';
import { freePort, silentLog, startTestRedis, testPhoto } from '@synset/shared/testing';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { form, post, read, startApi, type TestApi } from './api.ts';
import { type FakeWorker, fakeModel, startFakeWorker, tabby } from './fake-worker.ts';

const photo = testPhoto('nagasaki-boats');

let api: TestApi;
let workers: FakeWorker[];

beforeEach(() => {
  workers = [];
});

afterEach(async () => {
  await api.close();
  for (const worker of workers) await worker.close();
});

async function startWorker(onJob?: Parameters<typeof startFakeWorker>[2]): Promise<FakeWorker> {
  const worker = await startFakeWorker(inject('redisUrl'), api.prefix, onJob);
  workers.push(worker);
  return worker;
}

const json = async (path: string) => {
  const response = await fetch(api.url + path);
  return { status: response.status, body: await read(response) };
};

test('is alive without workers, and ready with one', async () => {
  api = await startApi();
  expect(await json('/healthz')).toEqual({ status: 200, body: { status: 'ok' } });
  expect(await json('/readyz')).toMatchObject({ status: 503, body: { code: 'QUEUE_UNAVAILABLE' } });
  expect(await json('/model')).toMatchObject({
    status: 503,
    body: { detail: 'No worker is ready.' },
  });
  await startWorker();
  expect(await json('/readyz')).toEqual({ status: 200, body: { status: 'ready', workers: 1 } });
  expect(await json('/model')).toMatchObject({
    status: 200,
    body: { name: 'fake', trained: false, classes: 1000 },
  });
});

test('lists the 1000 categories', async () => {
  api = await startApi();
  const { labels } = (await json('/labels')).body;
  expect(labels).toHaveLength(1000);
  expect(labels[281]).toEqual({ index: 281, synset: 'n02123045', label: 'tabby' });
});

test('no answer in time is 504, and the late result is kept', async () => {
  api = await startApi({ REQUEST_TIMEOUT_MS: '1000' });
  const worker = await startWorker(() => {});
  const response = await post(`${api.url}/predict`, form(photo));
  expect(response.status).toBe(504);
  const problem = await read(response);
  const [job] = worker.jobs;
  expect(problem).toMatchObject({
    code: 'DEADLINE_EXCEEDED',
    id: job?.id,
    href: `/jobs/${job?.id}`,
  });
});

test('without a worker it is 503 at once', async () => {
  api = await startApi();
  const response = await post(`${api.url}/predict`, form(photo));
  expect(response.status).toBe(503);
  expect(response.headers.get('retry-after')).toBe('2');
  expect(await read(response)).toMatchObject({
    code: 'QUEUE_UNAVAILABLE',
    detail: 'No worker is ready.',
  });
});

test('starts without Redis, answers 503, and recovers when Redis comes', async () => {
  const port = await freePort();
  const url = `redis://127.0.0.1:${port}`;
  api = await startApi({ REDIS_URL: url });
  const refused = await post(`${api.url}/predict`, form(photo));
  expect(refused.status).toBe(503);
  expect(refused.headers.get('retry-after')).toBe('2');
  expect(await read(refused)).toMatchObject({ code: 'QUEUE_UNAVAILABLE' });
  expect((await json('/healthz')).status).toBe(200);
  expect((await json('/readyz')).status).toBe(503);
  const redis = await startTestRedis({ port });
  const worker = await startFakeWorker(url, api.prefix);
  while ((await json('/readyz')).status !== 200);
  expect((await post(`${api.url}/predict`, form(photo))).status).toBe(200);
  await worker.close();
  await api.close();
  await redis.stop();
});

test('a Redis that has no memory left is a full queue', async () => {
  const redis = await startTestRedis();
  api = await startApi({ REDIS_URL: redis.url });
  const worker = await startFakeWorker(redis.url, api.prefix, () => {});
  while ((await json('/readyz')).status !== 200);
  const client = createRedis({ url: redis.url, name: 'test', log: silentLog });
  await client.connect();
  await client.configSet('maxmemory', '1');
  client.destroy();
  const response = await post(`${api.url}/predict`, form(photo));
  expect(response.status).toBe(503);
  expect(response.headers.get('retry-after')).not.toBeNull();
  expect(await read(response)).toMatchObject({
    code: 'QUEUE_FULL',
    detail: expect.stringContaining("Redis's memory is full"),
  });
  await worker.close();
  await api.close();
  await redis.stop();
});

test('closing answers what is under way and refuses what comes', async () => {
  api = await startApi();
  const arrived = Promise.withResolvers<() => void>();
  await startWorker((job, worker) => arrived.resolve(() => void worker.reply(job, tabby(job))));
  const underWay = post(`${api.url}/predict`, form(photo));
  const reply = await arrived.promise;
  const closing = api.close();
  for (const path of ['/predict', '/readyz']) {
    expect(await json(path)).toMatchObject({ status: 503, body: { code: 'SHUTTING_DOWN' } });
  }
  reply();
  expect((await underWay).status).toBe(200);
  await closing;
  await expect(fetch(api.url)).rejects.toThrow();
});

test('two instances never see the replies to each other', async () => {
  api = await startApi();
  const second = await startApi({ KEY_PREFIX: api.prefix });
  const worker = await startWorker();
  const urls = Array.from({ length: 20 }, (_, i) => (i % 2 ? api.url : second.url));
  const responses = await Promise.all(
    urls.map((url, i) => post(`${url}/predict`, form(Buffer.concat([photo, Buffer.from(`${i}`)])))),
  );
  const bodies = await Promise.all(responses.map(read));
  expect(responses.map(({ status }) => status)).toEqual(urls.map(() => 200));
  const streams = worker.jobs.map(({ replyTo }) => replyTo);
  expect(new Set(streams).size).toBe(2);
  // Each answer has the ID of the job whose reply went to the instance that was asked.
  for (const [i, { id }] of bodies.entries()) {
    const { replyTo } = worker.jobs.find((job) => job.id === id) ?? {};
    const [first] = worker.jobs.filter(
      (job) => bodies.findIndex((b) => b.id === job.id) % 2 === i % 2,
    );
    expect(replyTo).toBe(first?.replyTo);
  }
  await second.close();
});

test('a client that hangs up withdraws its job', async () => {
  api = await startApi();
  const arrived = Promise.withResolvers<string>();
  await startWorker((job) => arrived.resolve(job.id));
  const client = new AbortController();
  const init = { method: 'POST', body: form(photo), signal: client.signal };
  const request = fetch(`${api.url}/predict`, init);
  const id = await arrived.promise;
  client.abort();
  await expect(request).rejects.toThrow();
  const redis = createRedis({ url: inject('redisUrl'), name: 'test', log: silentLog });
  await redis.connect();
  const key = createKeys(api.prefix).withdrawn(id);
  while (!(await redis.exists(key)));
  expect(await redis.ttl(key)).toBeGreaterThan(0);
  redis.destroy();
});

test.each(['junk', '{}', '[]'])('a cache entry that is %s is no answer', async (junk) => {
  api = await startApi();
  await startWorker();
  const redis = createRedis({ url: inject('redisUrl'), name: 'test', log: silentLog });
  await redis.connect();
  const sha256 = createHash('sha256').update(photo).digest('hex');
  await redis.set(createKeys(api.prefix).cache(sha256, fakeModel.sha256, false), junk, { EX: 60 });
  expect((await post(`${api.url}/predict`, form(photo))).status).toBe(200);
  redis.destroy();
});

test('replies are heard when their stream begins anew with lower IDs', async () => {
  api = await startApi();
  await startWorker();
  const redis = createRedis({ url: inject('redisUrl'), name: 'test', log: silentLog });
  await redis.connect();
  const predict = () => post(`${api.url}/predict`, form(photo));
  expect((await predict()).status).toBe(200);
  const [replies = ''] = await redis.keys(createKeys(api.prefix).replies('*'));
  // As from a clock that was ahead, and was set right when the stream had expired.
  await redis.xAdd(replies, `${Date.now() + 3_600_000}-0`, { reply: 'unreadable' });
  await redis.del(replies);
  await new Promise((resolve) => setTimeout(resolve, BLOCK_MS + 500));
  expect((await predict()).status).toBe(200);
  redis.destroy();
});

test('one photo too many waits unread until another has been queued', async () => {
  // Room for one photo: a second is read only when the first one's bytes are with Redis.
  api = await startApi({ MAX_UPLOAD_BYTES: '320000', MAX_IN_FLIGHT_BYTES: '320000' });
  await startWorker();
  const posts = Array.from({ length: 20 }, () => post(`${api.url}/predict`, form(photo)));
  for (const response of await Promise.all(posts)) expect(response.status).toBe(200);
});

test('uploads that announce much and bring nothing keep nobody waiting', async () => {
  api = await startApi({ MAX_UPLOAD_BYTES: '1000000', MAX_IN_FLIGHT_BYTES: '4000000' });
  await startWorker();
  const head =
    'POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: image/jpeg\r\nContent-Length: 1000000\r\n\r\n';
  const slow = Array.from({ length: 20 }, () =>
    connect(Number(new URL(api.url).port), '127.0.0.1'),
  );
  for (const socket of slow) {
    await new Promise<void>((resolve) => socket.write(`${head}x`, () => resolve()));
  }
  // By now it has read what they sent before.
  await fetch(`${api.url}/healthz`);
  const headers = { 'x-request-timeout': '2s' };
  const answer = await fetch(`${api.url}/predict`, { method: 'POST', headers, body: form(photo) });
  expect(answer.status).toBe(200);
  for (const socket of slow) socket.destroy();
});

test('a connection on which nothing moves ends after any answer is due', async () => {
  api = await startApi({ REQUEST_TIMEOUT_MS: '20000' });
  expect(api.app.server.timeout).toBe(80_000);
});
