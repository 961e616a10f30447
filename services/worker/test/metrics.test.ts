// What the worker counts and measures, as Prometheus reads it.
import { decodeJob, GROUP } from '@synset/shared';
import {
  freePort,
  randomPrefix,
  runProgram,
  samplesOf,
  scrape,
  untilSample,
} from '@synset/shared/testing';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, inject, onTestFinished, test } from 'vitest';
import { Recorder } from '../src/metrics/recorder.ts';
import { FakeBackend } from './fake-backend.ts';
import { TestStream } from './stream.ts';

const MAIN = new URL('../src/main.ts', import.meta.url);
const MODEL_DIR = process.env.SYNSET_TEST_MODEL_DIR ?? 'data/test-models';
/** The fake backend throws at it. */
const BAD = 255;

let stream: TestStream;
let registry: Registry;

beforeEach(async () => {
  stream = await TestStream.open();
  await stream.redis.xGroupCreate(stream.keys.jobs, GROUP, '0', { MKSTREAM: true });
  registry = new Registry();
});

afterEach(() => stream.close());

const start = (backend: FakeBackend, env: NodeJS.ProcessEnv = {}) =>
  stream.startWorker(backend, { metrics: new Recorder(registry), ...env });

const samples = async () => samplesOf(await registry.metrics());

/** The worker counts a moment after its reply was sent. */
async function until(sample: string, value: number): Promise<Map<string, number>> {
  for (;;) {
    const all = await samples();
    if (all.get(sample) === value) return all;
    await new Promise(setImmediate);
  }
}

const outcome = (name: string) => `synset_worker_jobs_total{outcome="${name}"}`;
const death = (reason: string) => `synset_worker_dead_letters_total{reason="${reason}"}`;

test('counters are there before they count', async () => {
  await start(new FakeBackend());
  const all = await samples();
  expect([all.get(outcome('done')), all.get(death('killed'))]).toEqual([0, 0]);
  expect(all.get('synset_worker_reclaimed_jobs_total')).toBe(0);
});

test('a photo is decoded, inferred and answered', async () => {
  await start(new FakeBackend());
  await stream.publish('a', 1);
  const all = await until(outcome('done'), 1);
  expect(all.get('synset_worker_decode_duration_seconds_count')).toBe(1);
  expect(all.get('synset_worker_decode_duration_seconds_sum')).toBeLessThan(1);
  expect(all.get('synset_worker_inference_duration_seconds_sum')).toBeCloseTo(0.001);
  expect(all.get('synset_worker_job_deliveries_bucket{le="1"}')).toBe(1);
});

test('photos of a batch are one inference', async () => {
  for (const value of [1, 2, 3]) await stream.publish(`${value}`, value);
  await start(new FakeBackend(), { BATCH_MAX: '3', BATCH_WAIT_MS: '1000' });
  const all = await until(outcome('done'), 3);
  expect(all.get('synset_worker_batch_size_sum')).toBe(3);
  expect(all.get('synset_worker_inference_duration_seconds_count')).toBe(1);
});

describe('a job that gets no categories', () => {
  test('has a photo that cannot be read', async () => {
    await start(new FakeBackend());
    await stream.publishImage('a', Buffer.from('\x89PNG\r\n\x1a\nrubbish', 'latin1'));
    await until(outcome('refused'), 1);
  });

  test('is too late', async () => {
    await stream.publish('a', 1, 0.001);
    await start(new FakeBackend());
    await until(outcome('expired'), 1);
  });

  test('is withdrawn', async () => {
    await stream.publish('a', 1);
    await stream.queue.withdraw('a', 60_000);
    // Only a job that has waited a while is looked up.
    await new Promise((resolve) => setTimeout(resolve, 150));
    await start(new FakeBackend());
    await until(outcome('unwanted'), 1);
  });

  test('is none', async () => {
    await stream.redis.xAdd(stream.keys.jobs, '*', { header: '{}', image: 'x' });
    await start(new FakeBackend());
    const all = await until(outcome('unreadable'), 1);
    expect(all.get(death('unreadable'))).toBe(1);
  });

  test('fails, is tried again, and is given up', async () => {
    await start(new FakeBackend(), { MAX_DELIVERIES: '2', CLAIM_IDLE_MS: '300' });
    await stream.publish('a', BAD);
    const all = await until(outcome('given_up'), 1);
    expect(all.get(outcome('retried'))).toBe(1);
    expect(all.get(death('failed'))).toBe(1);
    expect(all.get('synset_worker_reclaimed_jobs_total')).toBe(1);
    expect(all.get('synset_worker_job_deliveries_sum')).toBe(3);
  });

  test('has killed its worker', async () => {
    await stream.publish('a', 1);
    await stream.take('dead');
    await start(new FakeBackend(), { MAX_DELIVERIES: '1', CLAIM_IDLE_MS: '300' });
    const all = await until(outcome('given_up'), 1);
    expect(all.get(death('killed'))).toBe(1);
  });
});

test('a job that another worker took over, and answered first, is superseded', async () => {
  const gate = Promise.withResolvers<void>();
  const backend = new FakeBackend();
  backend.gate = gate.promise;
  await start(backend, { CLAIM_IDLE_MS: '300' });
  await stream.publish('a', 1);
  while (backend.batches.length === 0) await new Promise(setImmediate);
  const [added] = (await stream.redis.xRange(stream.keys.jobs, '-', '+')) ?? [];
  await stream.queue.release('one', added?.id ?? '');
  const entry = await stream.queue.claim('other', 1000);
  await until('synset_worker_lost_claims_total', 1);
  const reply = { jobId: 'a', status: 'failed', sha256: '', code: 'INTERNAL', detail: '' } as const;
  await stream.queue.finish(entry?.id ?? '', { job: decodeJob(entry?.fields ?? {}), reply });
  gate.resolve();
  await until(outcome('superseded'), 1);
});

test('over HTTP, with what the worker is like and its process', async () => {
  const port = await freePort();
  const worker = runProgram(MAIN, {
    REDIS_URL: inject('redisUrl'),
    KEY_PREFIX: randomPrefix(),
    MODEL: 'testcard-int8',
    MODEL_DIR,
    SESSIONS: '2',
    METRICS_PORT: `${port}`,
  });
  onTestFinished(async () => {
    worker.process.kill('SIGKILL');
    await worker.exit;
  });
  await worker.printed('"ready"');
  const url = `http://127.0.0.1:${port}`;
  const all = await untilSample(url, 'synset_worker_ready', 1);
  const figures = {
    synset_worker_sessions: 2,
    synset_worker_capacity_jobs: 4,
    synset_worker_jobs_under_way: 0,
    synset_worker_decode_pixels: 0,
    synset_worker_decode_limit_pixels: 60_000_000,
    [outcome('done')]: 0,
  };
  for (const [name, value] of Object.entries(figures))
    expect([name, all.get(name)]).toEqual([name, value]);
  const info = [...all.keys()].filter((name) => name.startsWith('synset_worker_model_info'));
  expect(info).toEqual([
    expect.stringMatching(
      /\{model="testcard-int8",sha256="[\da-f]{64}",trained="false",prepared="true",providers="cpu"\}/,
    ),
  ]);
  expect(all.get('process_resident_memory_bytes')).toBeGreaterThan(10e6);
  const { headers } = await fetch(`${url}/metrics`);
  expect(headers.get('content-type')).toContain('text/plain; version=0.0.4');
  expect((await scrape(url)).has('nodejs_eventloop_lag_p99_seconds')).toBe(true);
});
