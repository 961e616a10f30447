// What the API records of requests, and what it does not.
import { type Collector, freePort, startCollector, testPhoto } from '@synset/shared/testing';
import { afterEach, beforeEach, describe, expect, inject, onTestFinished, test } from 'vitest';
import { readConfig } from '../src/config.ts';
import { form, post, startApi, type TestApi } from './api.ts';
import { type FakeWorker, startFakeWorker } from './fake-worker.ts';
import { startServer, type TestServer } from './server.ts';

const photo = testPhoto('nagasaki-boats');
const LOADED = new URL('../../../shared/src/testing/loaded.ts', import.meta.url);
const TRACE = '0af7651916cd43dd8448eb211c80319c';
const CALLER = 'b7ad6b7169203331';

let collector: Collector;
let api: TestApi | undefined;
let worker: FakeWorker | undefined;

beforeEach(async () => {
  collector = await startCollector();
});

afterEach(async () => {
  await worker?.close();
  worker = undefined;
  await api?.close();
  api = undefined;
  await collector.close();
});

async function start(
  env: NodeJS.ProcessEnv = {},
  onJob?: Parameters<typeof startFakeWorker>[2],
): Promise<FakeWorker> {
  api = await startApi({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, ...env });
  worker = await startFakeWorker(inject('redisUrl'), api.prefix, onJob);
  while ((await fetch(`${api.url}/readyz`)).status !== 200);
  return worker;
}

const predict = (headers: Record<string, string> = {}) =>
  fetch(`${api?.url}/predict`, {
    method: 'POST',
    body: new Uint8Array(photo),
    headers: { 'content-type': 'image/jpeg', authorization: 'Bearer hush', ...headers },
  });

const traceparent = (flags: string) => `00-${TRACE}-${CALLER}-${flags}`;

test("goes on with the caller's trace, and hands it to the worker", async () => {
  const { jobs } = await start();
  const response = await predict({ traceparent: traceparent('01') });
  const id = response.headers.get('x-request-id');
  await api?.close();
  const request = collector.span('POST /predict');
  expect(request).toMatchObject({ service: 'synset-api', traceId: TRACE, parentSpanId: CALLER });
  expect(request.attributes).toEqual({
    'http.request.method': 'POST',
    'http.route': '/predict',
    'http.response.status_code': 200,
    'url.scheme': 'http',
    'url.path': '/predict',
    'client.address': '127.0.0.1',
    'synset.request.id': id,
    'synset.job.id': id,
  });
  const sending = collector.spans.find(({ name }) => name.startsWith('send '));
  expect(sending).toMatchObject({ traceId: TRACE, parentSpanId: request.spanId });
  expect(sending?.attributes).toMatchObject({
    'messaging.system': 'redis',
    'messaging.message.id': id,
    'messaging.message.body.size': photo.length,
  });
  expect(jobs[0]?.traceparent).toBe(`00-${TRACE}-${sending?.spanId}-01`);
  expect(JSON.stringify(collector.spans)).not.toContain('hush');
});

test.each([
  'nonsense',
  `00-${'0'.repeat(32)}-${CALLER}-01`,
  `00-${TRACE}-${'0'.repeat(16)}-01`,
  `ff-${TRACE}-${CALLER}-01`,
  `00-${TRACE}-${CALLER}-01-more`,
])('a traceparent that is none begins a trace of its own: %s', async (header) => {
  await start();
  await predict({ traceparent: header });
  await api?.close();
  const request = collector.span('POST /predict');
  expect(request.parentSpanId).toBe('');
  expect(request.traceId).toMatch(/^[\da-f]{32}$/);
  expect(request.traceId).not.toBe(TRACE);
});

test("the caller's word counts, and else the share that is to be recorded", async () => {
  const { jobs } = await start({ OTEL_TRACES_SAMPLER_ARG: '0' });
  await predict();
  await predict({ traceparent: traceparent('01'), 'cache-control': 'no-cache' });
  await api?.close();
  expect(collector.spans.map(({ traceId }) => traceId)).toEqual([TRACE, TRACE]);
  expect(jobs.map((job) => job.traceparent === null)).toEqual([true, false]);
});

test('a caller who does not record is not recorded', async () => {
  const { jobs } = await start();
  await predict({ traceparent: traceparent('00') });
  await api?.close();
  expect(collector.spans).toEqual([]);
  expect(jobs[0]?.traceparent).toBeNull();
});

test('each photo of a request for many is sent in a span of its own', async () => {
  const { jobs } = await start();
  await post(`${api?.url}/jobs`, form(photo, testPhoto('dust-bowl-home')));
  await api?.close();
  const { traceId, spanId } = collector.span('POST /jobs');
  const sends = collector.spans.filter(({ name }) => name.startsWith('send '));
  expect(sends.map(({ parentSpanId }) => parentSpanId)).toEqual([spanId, spanId]);
  expect(jobs.map((job) => job.traceparent)).toEqual(
    sends.map((send) => `00-${traceId}-${send.spanId}-01`),
  );
});

test("our errors are errors, the client's are none; who asks for health is not recorded", async () => {
  await start();
  await fetch(`${api?.url}/nowhere?key=hush`);
  await worker?.close();
  worker = undefined;
  while ((await fetch(`${api?.url}/readyz`)).status === 200);
  await predict();
  await api?.close();
  expect(collector.span('GET')).toMatchObject({ failed: false });
  expect(collector.span('POST /predict')).toMatchObject({
    failed: true,
    attributes: { 'error.type': 'QUEUE_UNAVAILABLE', 'http.response.status_code': 503 },
  });
  expect(JSON.stringify(collector.spans)).not.toMatch(/readyz|hush/);
});

test('who looks on for minutes is not recorded', async () => {
  await start();
  const live = await fetch(`${api?.url}/live`);
  await live.body?.cancel();
  await predict();
  await api?.close();
  expect(collector.span('POST /predict')).toMatchObject({ failed: false });
  expect(JSON.stringify(collector.spans)).not.toMatch(/live/);
});

describe('the process', () => {
  async function startProcess(env: NodeJS.ProcessEnv): Promise<TestServer> {
    const server = await startServer({ NODE_OPTIONS: `--import=${LOADED}`, ...env });
    onTestFinished(async () => {
      server.process.kill('SIGKILL');
      await server.exit;
    });
    return server;
  }

  async function askAndEnd({ url, process, exit }: TestServer): Promise<number | string> {
    expect((await fetch(`${url}/labels`)).status).toBe(200);
    process.kill('SIGTERM');
    return await exit;
  }

  test('loads what traces need where they are wanted, and sends the last ones as it ends', async () => {
    const server = await startProcess({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
    expect(await askAndEnd(server)).toBe(0);
    expect(server.output()).toContain('asks for @opentelemetry/sdk-trace');
    expect(collector.span('GET /labels').service).toBe('synset-api');
  });

  test('loads and sends nothing where they are not', async () => {
    // The library that sends them would read these by itself.
    const tempting = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/v1/traces` };
    const server = await startProcess({ OTEL_EXPORTER_OTLP_ENDPOINT: '', ...tempting });
    expect(await askAndEnd(server)).toBe(0);
    expect(server.output()).not.toMatch(/asks for @opentelemetry\/(sdk|exporter|core|resources)/);
    expect(collector.spans).toEqual([]);
  });

  test('answers and ends as ever while nobody takes them, and says so', async () => {
    const away = `http://127.0.0.1:${await freePort()}`;
    const server = await startProcess({ OTEL_EXPORTER_OTLP_ENDPOINT: away });
    expect((await fetch(`${server.url}/labels`)).status).toBe(200);
    await server.printed('"msg":"traces are not taken"');
    expect(await askAndEnd(server)).toBe(0);
  });

  test('does not wait for a collector that never answers', async () => {
    const slow = await startCollector({ hangs: true });
    onTestFinished(() => slow.close());
    const server = await startProcess({ OTEL_EXPORTER_OTLP_ENDPOINT: slow.url });
    expect(await askAndEnd(server)).toBe(0);
  });
});

test('settings: a share is one, and a collector is reached by HTTP', () => {
  for (const share of ['1.1', '-1', 'half', '']) {
    const read = () => readConfig({ OTEL_TRACES_SAMPLER_ARG: share });
    if (share === '') expect(read().OTEL_TRACES_SAMPLER_ARG).toBe(1);
    else expect(read).toThrow('OTEL_TRACES_SAMPLER_ARG: must be a number from 0 to 1');
  }
  expect(readConfig({ OTEL_TRACES_SAMPLER_ARG: '0.1' }).OTEL_TRACES_SAMPLER_ARG).toBe(0.1);
  expect(() => readConfig({ OTEL_EXPORTER_OTLP_ENDPOINT: 'localhost:4317' })).toThrow(
    'OTEL_EXPORTER_OTLP_ENDPOINT',
  );
});
