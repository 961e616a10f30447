// What a worker records of jobs: a part of the request's trace, or a trace of a further try.
import { DeadLetters, GROUP } from '@synset/shared';
import { type CollectedSpan, type Collector, startCollector } from '@synset/shared/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeBackend } from './fake-backend.ts';
import { TestStream } from './stream.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SENDING = 'b7ad6b7169203331';
const traceparent = `00-${TRACE}-${SENDING}-01`;

let stream: TestStream;
let collector: Collector;

beforeEach(async () => {
  stream = await TestStream.open();
  collector = await startCollector();
});

afterEach(async () => {
  await stream.close();
  await collector.close();
});

const startWorker = (env: NodeJS.ProcessEnv = {}) =>
  stream.startWorker(new FakeBackend(), {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    CLAIM_IDLE_MS: '300',
    ...env,
  });

const isTry = ({ name }: CollectedSpan) => name === `process ${stream.keys.jobs}`;
/** In the order of their ends. */
const tries = () => collector.spans.filter(isTry);

const link = (reason: string) => [
  { traceId: TRACE, spanId: SENDING, attributes: { 'synset.link.reason': reason } },
];

test('decoding and inference are parts of the job, and the job of the request', async () => {
  const worker = await startWorker();
  await stream.publish('a', 42, 60_000, traceparent);
  await stream.nextReplies(1);
  await worker.close();
  const [job] = tries();
  expect(job).toMatchObject({
    service: 'synset-worker',
    traceId: TRACE,
    parentSpanId: SENDING,
    links: [],
    failed: false,
    attributes: {
      'messaging.system': 'redis',
      'messaging.destination.name': stream.keys.jobs,
      'messaging.operation.type': 'process',
      'messaging.consumer.group.name': 'classifiers',
      'messaging.message.id': 'a',
      'synset.request.id': 'request of a',
      'synset.deliveries': 1,
      'synset.outcome': 'done',
      'synset.model': 'testcard-int8',
    },
  });
  for (const name of ['decode', 'infer']) {
    expect(collector.span(name)).toMatchObject({ traceId: TRACE, parentSpanId: job?.spanId });
  }
  expect(collector.span('infer').ms).toBeCloseTo(1, 3); // as the backend said
});

test('a job of a trace that is not recorded is not recorded', async () => {
  const worker = await startWorker();
  await stream.publish('a', 42);
  await stream.nextReplies(1);
  await worker.close();
  expect(collector.spans).toEqual([]);
});

test('a further try is a trace of its own, linked to where the job came from', async () => {
  const worker = await startWorker({ MAX_DELIVERIES: '2' });
  await stream.publish('bad', 255, 60_000, traceparent);
  await stream.nextReplies(1);
  await worker.close();
  const [first, second] = tries();
  expect(first).toMatchObject({
    traceId: TRACE,
    parentSpanId: SENDING,
    failed: true,
    attributes: { 'error.type': 'handed back' },
  });
  expect(second).toMatchObject({
    parentSpanId: '',
    links: link('retried'),
    failed: true,
    attributes: { 'error.type': 'JOB_FAILED', 'synset.deliveries': 2 },
  });
  expect(second?.traceId).not.toBe(TRACE);
});

test('so is that of a worker that takes the job over from a dead one', async () => {
  await stream.redis.xGroupCreate(stream.keys.jobs, GROUP, '0', { MKSTREAM: true });
  await stream.publish('a', 1, 60_000, traceparent);
  await stream.take('dead');
  const worker = await startWorker();
  await stream.nextReplies(1);
  await worker.close();
  expect(tries()).toMatchObject([{ parentSpanId: '', links: link('retried'), failed: false }]);
});

test('and that of a dead letter that is tried again', async () => {
  const letters = new DeadLetters(stream.redis, stream.keys);
  const worker = await startWorker({ MAX_DELIVERIES: '1' });
  await stream.publish('bad', 255, 60_000, traceparent);
  await stream.nextReplies(1);
  const [letter] = await Array.fromAsync(letters.list());
  await letters.replay(letter?.id ?? '');
  while ((await letters.count()) === 0);
  await worker.close();
  expect(tries()).toMatchObject([
    { traceId: TRACE, links: [] },
    { parentSpanId: '', links: link('replayed'), attributes: { 'synset.deliveries': 1 } },
  ]);
});
