// GET /live: what it tells of the whole system, to whom, and what it costs when nobody looks.
import { once } from 'node:events';
import { connect } from 'node:net';
import { createKeys, createRedis } from '@synset/shared';
import {
  freePort,
  scrape,
  silentLog,
  startTestRedis,
  testPhoto,
  untilSample,
} from '@synset/shared/testing';
import { beforeEach, describe, expect, inject, onTestFinished, test } from 'vitest';
import { form, post, read, startApi, type TestApi } from './api.ts';
import { startFakeWorker } from './fake-worker.ts';
import { view } from './live-viewer.ts';
import { startServer } from './server.ts';

const photo = testPhoto('nagasaki-boats');
const other = testPhoto('airplane-from-above');

async function openApi(env: NodeJS.ProcessEnv = {}): Promise<TestApi> {
  const api = await startApi(env);
  onTestFinished(() => api.close());
  return api;
}

async function openServer(env: NodeJS.ProcessEnv = {}) {
  const server = await startServer(env);
  onTestFinished(async () => {
    server.process.kill('SIGKILL');
    await server.exit;
  });
  return server;
}

async function openWorker(
  prefix: string,
  options?: Parameters<typeof startFakeWorker>[3],
  url = inject('redisUrl'),
) {
  const worker = await startFakeWorker(url, prefix, undefined, options);
  onTestFinished(() => worker.close());
  return worker;
}

async function openView(...args: Parameters<typeof view>) {
  const viewer = await view(...args);
  onTestFinished(() => viewer.leave());
  return viewer;
}

async function openRedis(url = inject('redisUrl')) {
  const redis = createRedis({ url, name: 'test', log: silentLog });
  await redis.connect();
  onTestFinished(() => redis.destroy());
  return redis;
}

async function predict(url: string, image = photo): Promise<void> {
  const response = await post(`${url}/predict`, image, 'image/jpeg');
  expect(response.status).toBe(200);
  await response.text();
}

const model = { name: 'fake', trained: false };
const nothing = { requestsPerS: 0, p50Ms: null, p95Ms: null };

describe('tells', () => {
  let api: TestApi;

  beforeEach(async () => {
    api = await openApi();
  });

  test('at once that there is nothing', async () => {
    const { next } = await openView(api.url);
    const empty = { redis: true, workers: 0, backlog: 0, model: null, ...nothing };
    expect(await next()).toEqual(empty);
  });

  test('of workers, their model and what waits', async () => {
    await openWorker(api.prefix, { reads: false });
    await post(`${api.url}/jobs`, form(photo, other));
    const { next } = await openView(api.url);
    const waiting = { redis: true, workers: 1, backlog: 2, model, ...nothing };
    expect(await next()).toEqual(waiting);
  });

  test('at once of what was answered here before', async () => {
    await openWorker(api.prefix);
    await predict(api.url);
    const { next } = await openView(api.url);
    expect(await next()).toMatchObject({ requestsPerS: 0.1, p50Ms: expect.any(Number) });
  });

  test('of photos answered by /predict, the page and the inference protocol', async () => {
    await openWorker(api.prefix);
    const { next, until } = await openView(api.url);
    expect(await next()).toMatchObject(nothing);
    await predict(api.url);
    await post(api.url, form(other));
    const data = [photo, other].map((image) => image.toString('base64'));
    const image = { name: 'image', datatype: 'BYTES', shape: [2], data };
    await post(`${api.url}/v2/models/fake/infer`, JSON.stringify({ inputs: [image] }));
    // What fails is not answered, and nobody waits for the others.
    await post(`${api.url}/predict`, form('no photo'));
    await post(`${api.url}/jobs`, form(photo));
    const figures = await until(({ requestsPerS }) => requestsPerS !== 0);
    // Four photos in nine to ten seconds.
    expect(figures.requestsPerS).toBe(0.4);
    expect(figures.p50Ms).toBeGreaterThan(0);
    expect(figures.p95Ms).toBeGreaterThanOrEqual(figures.p50Ms ?? 0);
  });
});

describe('of several instances', () => {
  test('the stream of one tells of the requests of both, and of no other system', async () => {
    const a = await openServer();
    const b = await openServer({ KEY_PREFIX: a.prefix });
    const strangers = await openApi();
    await openWorker(a.prefix);
    for (const { url } of [a, b]) while ((await fetch(`${url}/readyz`)).status !== 200);
    const [ofA, ofStrangers] = await Promise.all([openView(a.url), openView(strangers.url)]);
    expect(await ofA.next()).toMatchObject({ ...nothing, workers: 1 });
    await predict(b.url);
    const one = await ofA.until(({ requestsPerS }) => requestsPerS !== 0);
    expect(one).toMatchObject({ requestsPerS: 0.1, workers: 1 });
    await Promise.all([predict(a.url), predict(b.url), predict(a.url), predict(b.url)]);
    // More than those of one of them would be.
    await ofA.until(({ requestsPerS }) => (requestsPerS ?? 0) >= 0.4);
    // Of an instance without requests of its own, all the same.
    const c = await openServer({ KEY_PREFIX: a.prefix });
    const ofC = await openView(c.url);
    await ofC.until(({ p50Ms }) => p50Ms !== null);
    expect(await ofStrangers.next()).toMatchObject({ ...nothing, workers: 0 });
  }, 60_000);

  test('one that dies is counted no longer', async () => {
    const a = await openServer();
    const b = await openServer({ KEY_PREFIX: a.prefix });
    await openWorker(a.prefix);
    const { next, until } = await openView(a.url);
    expect(await next()).toMatchObject({ redis: true });
    while ((await fetch(`${b.url}/readyz`)).status !== 200);
    await predict(b.url);
    await until(({ p50Ms }) => p50Ms !== null);
    b.process.kill('SIGKILL');
    await b.exit;
    // Long before the minute is over: by that the time limit of the test is.
    await until(({ p50Ms }) => p50Ms === null);
    const redis = await openRedis();
    expect(await redis.exists(createKeys(a.prefix).live)).toBe(0);
  }, 50_000);

  test('what another version wrote, or nobody can read, counts for nothing', async () => {
    const api = await openApi();
    const redis = await openRedis();
    const { live } = createKeys(api.prefix);
    const now = Math.floor(Date.now() / 1000);
    const window = '{"perS":1,"times":[[1,1]]}';
    const fields = {
      ...{ broken: `${now} {`, other: `${now} {"perS":"1"}`, timeless: window },
      ...{
        old: `${now - 20} ${window}`,
        ahead: `${now + 20} ${window}`,
        fresh: `${now} ${window}`,
      },
    };
    await redis.hSet(live, fields);
    const { next } = await openView(api.url);
    expect(await next()).toMatchObject({ requestsPerS: 1 });
    expect(Object.keys(await redis.hGetAll(live)).sort()).toEqual(['broken', 'fresh', 'other']);
  });
});

describe('Redis', () => {
  test('is not written to while nobody looks, nor asked by who has answered nothing', async () => {
    const server = await startTestRedis();
    onTestFinished(() => server.stop());
    const env = { REDIS_URL: server.url };
    const busy = await openApi(env);
    const idle = await openApi(env);
    await openWorker(busy.prefix, {}, server.url);
    while ((await fetch(`${busy.url}/readyz`)).status !== 200);
    const lines: string[] = [];
    const monitor = await openRedis(server.url);
    const asked = Promise.withResolvers<void>();
    const { watched, live } = createKeys(busy.prefix);
    await monitor.monitor((line) => {
      lines.push(`${line}`);
      const about = lines.filter((line) => line.includes(watched));
      if (about.length === 3) asked.resolve();
    });
    await predict(busy.url);
    await asked.promise;
    const about = lines.filter((line) => line.includes(watched) || line.includes(live));
    expect(about).toHaveLength(3);
    for (const line of about) expect(line).toMatch(/"EXISTS" "[^"]*"$/i);
    const keysOfIdle = createKeys(idle.prefix);
    expect(lines.filter((line) => line.includes(keysOfIdle.watched))).toEqual([]);
    expect(lines.filter((line) => line.includes(keysOfIdle.live))).toEqual([]);
  });

  test('keeps none of it for long', async () => {
    const api = await openApi();
    await openWorker(api.prefix);
    const redis = await openRedis();
    const { watched, live } = createKeys(api.prefix);
    await predict(api.url);
    const { until, leave } = await openView(api.url);
    while ((await redis.exists(live)) === 0) await until(() => true);
    const [watchedS, liveS] = [await redis.ttl(watched), await redis.ttl(live)];
    expect(watchedS).toBeGreaterThan(0);
    expect(watchedS).toBeLessThanOrEqual(5);
    expect(liveS).toBeGreaterThan(50);
    expect(liveS).toBeLessThanOrEqual(60);
    await leave();
  });

  test('may be away, frozen and back', async () => {
    const port = await freePort();
    const url = `redis://127.0.0.1:${port}`;
    const api = await openApi({ REDIS_URL: url });
    const unknown = { workers: null, backlog: null, model: null };
    const away = { redis: false, ...unknown, requestsPerS: null, p50Ms: null, p95Ms: null };
    const { next, until } = await openView(api.url);
    expect(await next()).toEqual(away);
    const redis = await startTestRedis({ port });
    onTestFinished(() => redis.stop());
    expect(await until((figures) => figures.redis)).toMatchObject({ workers: 0, ...nothing });
    redis.process.kill('SIGSTOP');
    expect(await until((figures) => !figures.redis)).toEqual(away);
    redis.process.kill('SIGCONT');
    await until((figures) => figures.redis);
  });

  test('may be full', async () => {
    const server = await startTestRedis();
    onTestFinished(() => server.stop());
    const api = await openApi({ REDIS_URL: server.url });
    await openWorker(api.prefix, {}, server.url);
    await predict(api.url);
    const redis = await openRedis(server.url);
    await redis.configSet('maxmemory', '1');
    const { until } = await openView(api.url);
    await until(({ redis, p50Ms }) => redis && p50Ms !== null);
    while ((await redis.exists(createKeys(api.prefix).live)) === 0) await until(() => true);
  });
});

describe('a stream', () => {
  test('is for browsers and the proxies before us', async () => {
    const { url } = await openApi();
    const client = new AbortController();
    const { headers } = await fetch(`${url}/live`, { signal: client.signal });
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      'x-request-id': expect.any(String),
      'x-content-type-options': 'nosniff',
    });
    client.abort();
  });

  test('wants a key, which a browser sends as a password', async () => {
    const key = 'a-key-of-some-length';
    const { url } = await openApi({ API_KEYS: key });
    await expect(view(url)).rejects.toThrow(/401: .*UNAUTHORIZED/);
    const authorization = `Basic ${Buffer.from(`me:${key}`).toString('base64')}`;
    const { next } = await openView(url, { authorization });
    expect(await next()).toMatchObject({ redis: true });
  });

  test('counts as one request', async () => {
    const { url } = await openApi({ RATE_LIMIT: '4/h' });
    const response = await fetch(`${url}/labels`);
    await response.text();
    const before = Number(response.headers.get('ratelimit-remaining'));
    const { next } = await openView(url);
    await next();
    await next();
    const { headers } = await fetch(`${url}/labels`);
    expect(Number(headers.get('ratelimit-remaining'))).toBe(before - 2);
  });

  test('is there for HTTP/1.0', async () => {
    const { url } = await openApi();
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    socket.write('GET /live HTTP/1.0\r\n\r\n');
    let text = '';
    for await (const chunk of socket) {
      text += chunk;
      if (/data: .*\n\n/.test(text)) break;
    }
    expect(text).toMatch(/^HTTP\/1.1 200 .*\r\n\r\nretry: 1000\n\ndata: \{"redis":true,/s);
    expect(text).not.toMatch(/^transfer-encoding/im);
  });

  test('is not begun by HEAD', async () => {
    const api = await openApi();
    const response = await fetch(`${api.url}/live`, { method: 'HEAD' });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    await response.text();
    while (api.app.underWay() > 0) await new Promise(setImmediate);
  });

  test('is one of a hundred at most; when one has gone there is room again', async () => {
    const api = await openApi();
    const viewers = await Promise.all(Array.from({ length: 100 }, () => openView(api.url)));
    for (const { next } of viewers) expect(await next()).toMatchObject({ redis: true });
    const refused = await fetch(`${api.url}/live`);
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('30');
    const detail = '100 streams are open at this instance, which is the limit.';
    expect(await read(refused)).toMatchObject({ code: 'QUEUE_FULL', detail });
    await viewers[0]?.leave();
    while (api.app.underWay() > 99) await new Promise(setImmediate);
    const { next } = await openView(api.url);
    expect(await next()).toMatchObject({ redis: true });
  });
});

describe('at its end an instance', () => {
  test('ends its streams at once, and takes no others while it serves on', async () => {
    const server = await openServer({ SHUTDOWN_DELAY_MS: '3000' });
    const { next, until } = await openView(server.url);
    await until(({ redis }) => redis);
    server.process.kill('SIGTERM');
    while (await next());
    const ready = await fetch(`${server.url}/readyz`);
    expect(await read(ready)).toMatchObject({ code: 'SHUTTING_DOWN' });
    const late = await fetch(`${server.url}/live`);
    expect(late.status).toBe(503);
    expect(await read(late)).toMatchObject({ code: 'SHUTTING_DOWN' });
    expect((await fetch(`${server.url}/labels`)).status).toBe(200);
    expect(await server.exit).toBe(0);
  });

  test('waits for no client, read or not, and for no timer', async () => {
    const server = await openServer();
    await openWorker(server.prefix);
    while ((await fetch(`${server.url}/readyz`)).status !== 200);
    await predict(server.url);
    const { next } = await openView(server.url);
    await next();
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    socket.pause();
    socket.write('GET /live HTTP/1.1\r\nhost: x\r\n\r\n');
    await once(socket, 'readable');
    server.process.kill('SIGTERM');
    expect(await server.exit).toBe(0);
    expect(server.output()).not.toContain('left unanswered');
  });
});

describe('what is noted of a stream', () => {
  test('is one line, which says that it went well', async () => {
    const server = await openServer();
    const { until, leave } = await openView(server.url);
    await until(({ redis }) => redis);
    await until(() => true);
    await leave();
    await server.printed('"/live"');
    const lines = server.lines().filter(({ route }) => route === '/live');
    expect(lines).toMatchObject([{ method: 'GET', status: 200 }]);
    expect(lines[0]).not.toHaveProperty('aborted');
  });

  test('is a request that was answered, of no duration', async () => {
    const { url } = await openApi();
    const { next, leave } = await openView(url);
    await next();
    await leave();
    const counted =
      'synset_http_requests_total{method="GET",route="/live",status="200",problem=""}';
    await untilSample(url, counted, 1);
    const durations = [...(await scrape(url)).keys()].filter((name) => name.includes('duration'));
    expect(durations.filter((name) => name.includes('/metrics'))).not.toHaveLength(0);
    expect(durations.filter((name) => name.includes('/live'))).toEqual([]);
  });
});
