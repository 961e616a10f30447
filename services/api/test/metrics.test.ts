// What the API counts and measures, as Prometheus reads it.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { createKeys, createRedis, encodeCacheEntry } from '@synset/shared';
import {
  freePort,
  scrape,
  silentLog,
  startTestRedis,
  testPhoto,
  untilSample,
} from '@synset/shared/testing';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { form, post, startApi, type TestApi } from './api.ts';
import { type FakeWorker, fakeModel, startFakeWorker, tabby } from './fake-worker.ts';

const photo = testPhoto('nagasaki-boats');
const other = testPhoto('airplane-from-above');

let api: TestApi;
let workers: FakeWorker[];

beforeEach(() => {
  workers = [];
});

afterEach(async () => {
  await api.close();
  for (const worker of workers) await worker.close();
});

async function startWorker(...args: [Parameters<typeof startFakeWorker>[2]?, { reads: boolean }?]) {
  const worker = await startFakeWorker(inject('redisUrl'), api.prefix, ...args);
  workers.push(worker);
  return worker;
}

const until = (sample: string, value: number | undefined) => untilSample(api.url, sample, value);

async function predict(image = photo, headers: Record<string, string> = {}): Promise<number> {
  const response = await fetch(`${api.url}/predict`, {
    method: 'POST',
    body: form(image),
    headers,
  });
  await response.text();
  return response.status;
}

/** Sends what no client library would, and reads what comes back. */
async function sendRaw(request: string): Promise<string> {
  const { hostname, port } = new URL(api.url);
  const socket = connect(Number(port), hostname);
  let answer = '';
  socket.on('data', (chunk) => {
    answer += chunk;
  });
  socket.write(request);
  await once(socket, 'close');
  return answer;
}

const requests = (method: string, route: string, status: number, problem = '') =>
  `synset_http_requests_total{method="${method}",route="${route}",status="${status}",problem="${problem}"}`;
const refusals = (reason: string) => `synset_refusals_total{reason="${reason}"}`;

describe('requests', () => {
  test('are counted by the route, not by the path', async () => {
    api = await startApi();
    for (const id of ['a', 'b', 'c']) await fetch(`${api.url}/jobs/${id}`);
    const samples = await until(requests('GET', '/jobs/:id', 404, 'NOT_FOUND'), 3);
    expect(
      samples.get(
        'synset_http_request_duration_seconds_bucket{le="30",method="GET",route="/jobs/:id"}',
      ),
    ).toBe(3);
  });

  test('to nowhere, by made up methods and with bad paths have one label value each', async () => {
    api = await startApi();
    for (const path of ['/x', '/y', '/%zz']) await fetch(api.url + path);
    // Fetch takes no path that is longer than a name of ours may be.
    await fetch(`${api.url}/jobs/${'x'.repeat(300)}`);
    await fetch(`${api.url}/x`, { method: 'PURGE' });
    await fetch(`${api.url}/x`, { method: 'PROPFIND' });
    await until(requests('GET', 'none', 404, 'NOT_FOUND'), 4);
    await until(requests('other', 'none', 404, 'NOT_FOUND'), 2);
    const labels = [...(await scrape(api.url)).keys()].filter((name) => name.includes('requests'));
    expect(labels.join()).not.toMatch(/PURGE|PROPFIND|xxx|zz/);
  });

  test('that no parser understands are counted too', async () => {
    api = await startApi();
    await sendRaw('no HTTP\r\n\r\n');
    await until(requests('other', 'none', 400, 'INVALID_BODY'), 1);
    await sendRaw(`GET / HTTP/1.1\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`);
    await until(requests('other', 'none', 431, 'HEADERS_TOO_LARGE'), 1);
  });

  test('on the page have their problems, whatever it looks like', async () => {
    api = await startApi();
    await startWorker();
    await post(`${api.url}/`, form('no photo'));
    await until(requests('POST', '/', 415, 'UNSUPPORTED_FORMAT'), 1);
  });

  test('of a client that hangs up have status 499, and withdraw their job', async () => {
    api = await startApi();
    const arrived = Promise.withResolvers<void>();
    await startWorker(() => arrived.resolve());
    const client = new AbortController();
    const body = form(photo);
    const request = fetch(`${api.url}/predict`, { method: 'POST', body, signal: client.signal });
    await arrived.promise;
    await until('synset_awaited_jobs', 1);
    client.abort();
    await expect(request).rejects.toThrow();
    await until('synset_withdrawn_jobs_total', 1);
    const samples = await scrape(api.url);
    const [gone] = [...samples].filter(([name]) => name.includes('status="499"'));
    expect(gone).toEqual([expect.stringContaining('method="POST",route="/predict"'), 1]);
    expect(samples.get('synset_awaited_jobs')).toBe(0);
  });
});

describe('predictions', () => {
  const phase = (name: string, what = 'count') =>
    `synset_prediction_phase_duration_seconds_${what}{phase="${name}"}`;

  test('have phases in seconds, and photos a size in bytes', async () => {
    api = await startApi();
    await startWorker();
    expect(await predict()).toBe(200);
    const samples = await scrape(api.url);
    expect(samples.get(phase('decode', 'sum'))).toBeCloseTo(0.001);
    expect(samples.get(phase('inference', 'sum'))).toBeCloseTo(0.002);
    expect([samples.get(phase('upload')), samples.get(phase('queue'))]).toEqual([1, 1]);
    expect(samples.get('synset_upload_size_bytes_sum')).toBe(photo.length);
  });

  test('from the cache have no decoding and no inference', async () => {
    api = await startApi();
    await startWorker();
    await predict();
    const redis = createRedis({ url: inject('redisUrl'), name: 'test', log: silentLog });
    await redis.connect();
    const sha256 = createHash('sha256').update(photo).digest('hex');
    const { name, trained } = fakeModel;
    const categories = [{ index: 281, score: 0.5 }];
    const entry = { width: 1, height: 1, model: { name, trained }, categories };
    const key = createKeys(api.prefix).cache(sha256, fakeModel.sha256, false);
    await redis.set(key, encodeCacheEntry(entry), { EX: 60 });
    redis.destroy();
    await predict();
    const samples = await scrape(api.url);
    expect(samples.get(phase('queue'))).toBe(2);
    expect([samples.get(phase('decode')), samples.get(phase('inference'))]).toEqual([1, 1]);
    expect(samples.get('synset_cache_lookups_total{result="hit"}')).toBe(1);
    expect(samples.get('synset_cache_lookups_total{result="miss"}')).toBe(1);
  });

  test('that wait for the job of another one are counted', async () => {
    api = await startApi();
    const arrived = Promise.withResolvers<() => void>();
    await startWorker((job, worker) => arrived.resolve(() => void worker.reply(job, tabby(job))));
    const first = predict();
    const reply = await arrived.promise;
    const second = predict();
    await until('synset_joined_requests_total', 1);
    reply();
    expect(await Promise.all([first, second])).toEqual([200, 200]);
  });
});

describe('refusals', () => {
  test('tell that there is no worker; a probe is none', async () => {
    api = await startApi();
    const probes = requests('GET', '/readyz', 503, 'QUEUE_UNAVAILABLE');
    const before = (await scrape(api.url)).get(probes) ?? 0;
    await fetch(`${api.url}/readyz`);
    expect((await until(probes, before + 1)).get(refusals('no_worker'))).toBe(0);
    await predict();
    const samples = await until(requests('POST', '/predict', 503, 'QUEUE_UNAVAILABLE'), 1);
    expect(samples.get(refusals('no_worker'))).toBe(1);
  });

  test('tell of jobs, each photo of a form by itself', async () => {
    api = await startApi({ QUEUE_LIMIT: '1' });
    await startWorker(undefined, { reads: false });
    const jobs = () => post(`${api.url}/jobs`, form(photo, other));
    expect((await jobs()).status).toBe(202);
    // Of the form with one photo taken the other, then a form as a whole.
    await until(refusals('jobs'), 1);
    expect((await jobs()).status).toBe(503);
    await until(refusals('jobs'), 2);
  });

  test('tell of bytes in flight', async () => {
    const limits = { MAX_UPLOAD_BYTES: '320000', MAX_IN_FLIGHT_BYTES: '400000' };
    api = await startApi({ ...limits, REQUEST_TIMEOUT_MS: '1000' });
    // Announces a photo and never sends it; half of all bytes may be had on trust.
    const { hostname, port } = new URL(api.url);
    const socket = connect(Number(port), hostname);
    socket.write(
      'POST /predict HTTP/1.1\r\nhost: x\r\ncontent-type: image/jpeg\r\ncontent-length: 200000\r\n\r\n',
    );
    await until('synset_in_flight_bytes', 200_000);
    const late = predict(photo);
    await until('synset_waiting_uploads', 1);
    expect(await late).toBe(503);
    await until(refusals('in_flight'), 1);
    socket.destroy();
    const samples = await until('synset_in_flight_bytes', 0);
    expect(samples.get('synset_in_flight_limit_bytes')).toBe(400_000);
  });

  test('tell of bytes', async () => {
    const bytes = `${photo.length}`;
    api = await startApi({ QUEUE_BYTES: bytes, MAX_UPLOAD_BYTES: bytes });
    await startWorker(undefined, { reads: false });
    await post(`${api.url}/jobs`, form(photo));
    expect((await post(`${api.url}/jobs`, form(photo))).status).toBe(503);
    await until(refusals('bytes'), 1);
  });
});

describe('from Redis', () => {
  test('come the queue, the workers and their models', async () => {
    api = await startApi();
    await until('synset_workers', 0);
    await startWorker(undefined, { reads: false });
    await post(`${api.url}/jobs`, form(photo, other));
    const samples = await until('synset_queue_jobs', 2);
    const figures = {
      synset_redis_up: 1,
      synset_queue_lag_jobs: 2,
      synset_queue_pending_jobs: 0,
      synset_queue_bytes: photo.length + other.length,
      synset_queue_limit_jobs: 1000,
      synset_queue_limit_bytes: 256 * 1024 * 1024,
      synset_dead_letters: 0,
      synset_workers: 1,
      'synset_model_info{model="fake",sha256="00",trained="false",prepared="true",providers="cpu"}': 1,
      'synset_model_workers{model="fake",sha256="00"}': 1,
      synset_redis_memory_limit_bytes: 1024 ** 3,
    };
    for (const [name, value] of Object.entries(figures)) expect(samples.get(name)).toBe(value);
    expect(samples.get('synset_queue_oldest_job_age_seconds')).toBeGreaterThan(0);
    expect(samples.get('synset_redis_memory_used_bytes')).toBeGreaterThan(100_000);
  });

  test('comes nothing while it is away, and that is told', async () => {
    const port = await freePort();
    const url = `redis://127.0.0.1:${port}`;
    api = await startApi({ REDIS_URL: url });
    const without = await scrape(api.url);
    expect(without.get('synset_redis_up')).toBe(0);
    expect([...without.keys()].filter((name) => /queue_jobs|workers|model/.test(name))).toEqual([]);
    const redis = await startTestRedis({ port });
    const worker = await startFakeWorker(url, api.prefix);
    const samples = await until('synset_workers', 1);
    expect(samples.get('synset_redis_up')).toBe(1);
    await worker.close();
    // Frozen, it holds no scrape for longer than a command may take.
    redis.process.kill('SIGSTOP');
    const frozen = await until('synset_redis_up', 0);
    expect([...frozen.keys()].filter((name) => /queue_jobs|workers|model/.test(name))).toEqual([]);
    redis.process.kill('SIGCONT');
    await redis.stop();
  });

  test('scrapes one after the other ask it once', async () => {
    const server = await startTestRedis();
    api = await startApi({ REDIS_URL: server.url });
    const worker = await startFakeWorker(server.url, api.prefix);
    await until('synset_workers', 1);
    const redis = createRedis({ url: server.url, name: 'test', log: silentLog });
    await redis.connect();
    const scripts = async () =>
      Number(/cmdstat_evalsha:calls=(\d+)/.exec(await redis.info('commandstats'))?.[1]);
    const before = await scripts();
    await Promise.all(Array.from({ length: 50 }, () => scrape(api.url)));
    expect((await scripts()) - before).toBeLessThan(5);
    redis.destroy();
    await worker.close();
    await server.stop();
  });
});

test('process and event loop are measured', async () => {
  api = await startApi();
  const samples = await scrape(api.url);
  expect(samples.get('process_resident_memory_bytes')).toBeGreaterThan(10e6);
  for (const name of ['process_cpu_seconds_total', 'nodejs_eventloop_lag_p99_seconds']) {
    expect(samples.has(name)).toBe(true);
  }
});

test('METRICS=off: nothing is counted, and nothing is there to read', async () => {
  api = await startApi({ METRICS: 'off' });
  await startWorker();
  expect(await predict()).toBe(200);
  expect((await fetch(`${api.url}/metrics`)).status).toBe(404);
});
