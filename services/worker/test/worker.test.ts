import {
  createKeys,
  createRedis,
  decodeReply,
  encodeJob,
  GROUP,
  type Job,
  liveWorkers,
  type Redis,
  type Reply,
} from '@synset/shared';
import { plain, randomPrefix, silentLog, startTestRedis } from '@synset/shared/testing';
import { afterEach, beforeEach, expect, inject, onTestFinished, test } from 'vitest';
import { readConfig } from '../src/config.ts';
import { startWorker, type Worker } from '../src/worker.ts';
import { FakeBackend } from './fake-backend.ts';

const MODEL_DIR = process.env.SYNSET_TEST_MODEL_DIR ?? 'data/test-models';

let prefix: string;
let redis: Redis;
let workers: Worker[];
let lastReply: string;
const keys = () => createKeys(prefix);

beforeEach(async () => {
  prefix = randomPrefix();
  workers = [];
  lastReply = '0-0';
  redis = createRedis({ url: inject('redisUrl'), name: 'test', log: silentLog });
  await redis.connect();
});

afterEach(async () => {
  for (const worker of workers) await worker.close();
  await redis.del([keys().jobs, keys().workers, keys().replies('test')]);
  redis.destroy();
});

async function start(
  backend: FakeBackend,
  name = 'one',
  url = inject('redisUrl'),
): Promise<Worker> {
  const config = readConfig({
    REDIS_URL: url,
    KEY_PREFIX: prefix,
    WORKER_NAME: name,
    MODEL: 'testcard-int8',
    MODEL_DIR,
  });
  const worker = await startWorker(config, silentLog, () => backend);
  workers.push(worker);
  return worker;
}

/** A photo whose first byte of pixels, and so the fake backend's category, is `value`. */
async function publish(id: string, value: number, budgetMs = 60_000): Promise<string> {
  const image = await plain([value, 0, 0], 'png');
  return await publishImage(id, image, budgetMs);
}

async function publishImage(id: string, image: Buffer, budgetMs = 60_000): Promise<string> {
  const job: Job = {
    id,
    format: 'png',
    width: 300,
    height: 280,
    orientation: 1,
    topK: 2,
    replyTo: keys().replies('test'),
    budgetMs,
    image,
  };
  return await redis.xAdd(keys().jobs, '*', encodeJob(job));
}

async function nextReplies(count: number): Promise<Reply[]> {
  const replies: Reply[] = [];
  while (replies.length < count) {
    const key = keys().replies('test');
    const streams = await redis.xRead({ key, id: lastReply }, { BLOCK: 5000 });
    if (!streams) throw new Error('no reply in 5 s');
    for (const { id, message } of streams[0]?.messages ?? []) {
      lastReply = id;
      replies.push(decodeReply(message));
    }
  }
  return replies;
}

async function expectNothingLeft() {
  expect(await redis.xLen(keys().jobs)).toBe(0);
  expect((await redis.xPending(keys().jobs, GROUP)).pending).toBe(0);
}

test('answers a job, acknowledges it and deletes it', async () => {
  await start(new FakeBackend());
  await publish('a', 42);
  const [reply] = await nextReplies(1);
  expect(reply).toMatchObject({
    jobId: 'a',
    status: 'done',
    categories: [
      { index: 42, score: 1 },
      { index: 0, score: 0 },
    ],
    model: { name: 'testcard-int8', trained: false },
    width: 300,
    height: 280,
  });
  await expectNothingLeft();
  expect(await redis.ttl(keys().replies('test'))).toBeGreaterThan(0);
});

test('takes up jobs that were queued before it started', async () => {
  await publish('early', 1);
  await start(new FakeBackend());
  expect(await nextReplies(1)).toMatchObject([{ jobId: 'early' }]);
});

test('a photo that cannot be read is answered, and the next one too', async () => {
  await start(new FakeBackend());
  await publishImage('bad', Buffer.from('\x89PNG\r\n\x1a\nrubbish', 'latin1'));
  await publish('good', 7);
  const replies = await nextReplies(2);
  expect(replies).toContainEqual({
    jobId: 'bad',
    status: 'failed',
    code: 'IMAGE_UNREADABLE',
    detail: 'The PNG file is damaged or incomplete.',
  });
  expect(replies).toContainEqual(expect.objectContaining({ jobId: 'good', status: 'done' }));
  await expectNothingLeft();
});

test('a backend that fails is answered without what it said', async () => {
  await start(new FakeBackend());
  await publish('a', 255);
  const detail = 'The worker failed on this photo.';
  expect(await nextReplies(1)).toEqual([
    { jobId: 'a', status: 'failed', code: 'JOB_FAILED', detail },
  ]);
});

test('a job whose budget is spent is dropped without an inference', async () => {
  const backend = new FakeBackend();
  await publish('late', 1, 0.001);
  await publish('in time', 2);
  await start(backend);
  expect(await nextReplies(1)).toMatchObject([{ jobId: 'in time' }]);
  expect(backend.batches).toEqual([1]);
  await expectNothingLeft();
});

test('two workers share the jobs', async () => {
  const gate = Promise.withResolvers<void>();
  const backends = [new FakeBackend(), new FakeBackend()];
  for (const [i, backend] of backends.entries()) {
    backend.gate = gate.promise;
    await start(backend, `worker-${i}`);
  }
  for (let i = 0; i < 4; i++) await publish(`job-${i}`, i);
  while ((await redis.xPending(keys().jobs, GROUP)).pending < 4) await new Promise(setImmediate);
  gate.resolve();
  const replies = await nextReplies(4);
  expect(new Set(replies.map(({ jobId }) => jobId)).size).toBe(4);
  expect(backends.map(({ batches }) => batches.length)).toEqual([2, 2]);
  await expectNothingLeft();
});

test('close waits for the jobs under way and leaves nothing pending', async () => {
  const gate = Promise.withResolvers<void>();
  const backend = new FakeBackend();
  backend.gate = gate.promise;
  const worker = await start(backend);
  await publish('a', 3);
  while (backend.batches.length === 0) await new Promise(setImmediate);
  const closing = Promise.all([worker.close(), worker.close()]);
  gate.resolve();
  await closing;
  expect(await nextReplies(1)).toMatchObject([{ jobId: 'a', status: 'done' }]);
  await expectNothingLeft();
  expect(backend.closed).toBe(true);
});

test('announces itself while it runs', async () => {
  const worker = await start(new FakeBackend());
  expect(await liveWorkers(redis, keys())).toMatchObject([
    { name: 'one', model: { name: 'testcard-int8', trained: false, classes: 1000 } },
  ]);
  await worker.close();
  expect(await liveWorkers(redis, keys())).toEqual([]);
});

test('an entry that is no job is dropped', async () => {
  await redis.xAdd(keys().jobs, '*', { header: '{}', image: 'x' });
  await start(new FakeBackend());
  await publish('good', 7);
  expect(await nextReplies(1)).toMatchObject([{ jobId: 'good' }]);
  while ((await redis.xLen(keys().jobs)) > 0) await new Promise(setImmediate);
  await expectNothingLeft();
});

test('a Redis that is full refuses the reply, but the job leaves it', async () => {
  const server = await startTestRedis();
  onTestFinished(() => server.stop());
  redis.destroy();
  redis = createRedis({ url: server.url, name: 'test', log: silentLog });
  await redis.connect();
  const gate = Promise.withResolvers<void>();
  const backend = new FakeBackend();
  backend.gate = gate.promise;
  const worker = await start(backend, 'one', server.url);
  await publish('a', 3);
  while (backend.batches.length === 0) await new Promise(setImmediate);
  await redis.configSet('maxmemory', '1');
  gate.resolve();
  while ((await redis.xLen(keys().jobs)) > 0) await new Promise(setImmediate);
  await expectNothingLeft();
  await worker.close();
});
