import { decodeCacheEntry, GROUP, liveWorkers } from '@synset/shared';
import { plain, startTestRedis } from '@synset/shared/testing';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { FakeBackend, gridsOf } from './fake-backend.ts';
import { TestStream } from './stream.ts';

let stream: TestStream;

beforeEach(async () => {
  stream = await TestStream.open();
});

afterEach(() => stream.close());

test('answers a job, acknowledges it and deletes it', async () => {
  await stream.startWorker(new FakeBackend());
  await stream.publish('a', 42);
  const [reply] = await stream.nextReplies(1);
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
  await stream.expectNothingLeft();
  expect(await stream.redis.ttl(stream.keys.replies('test'))).toBeGreaterThan(0);
});

test('a photo with no other one under way may have all cores', async () => {
  const backend = new FakeBackend(2);
  await stream.publish('first', 1);
  await stream.publish('second', 2);
  await stream.startWorker(backend);
  await stream.nextReplies(2);
  await stream.publish('third', 3);
  await stream.nextReplies(1);
  expect(backend.alone).toEqual([false, expect.any(Boolean), true]);
});

test('takes up jobs that were queued before it started', async () => {
  await stream.publish('early', 1);
  await stream.startWorker(new FakeBackend());
  expect(await stream.nextReplies(1)).toMatchObject([{ jobId: 'early' }]);
});

test('a photo that cannot be read is answered, and the next one too', async () => {
  await stream.startWorker(new FakeBackend());
  await stream.publishImage('bad', Buffer.from('\x89PNG\r\n\x1a\nrubbish', 'latin1'));
  await stream.publish('good', 7);
  const replies = await stream.nextReplies(2);
  expect(replies).toContainEqual({
    jobId: 'bad',
    status: 'failed',
    sha256: expect.any(String),
    code: 'IMAGE_UNREADABLE',
    detail: 'The PNG file is damaged or incomplete.',
  });
  expect(replies).toContainEqual(expect.objectContaining({ jobId: 'good', status: 'done' }));
  await stream.expectNothingLeft();
});

test('a job whose budget is spent is answered without an inference', async () => {
  const backend = new FakeBackend();
  await stream.publish('late', 1, 0.001);
  await stream.publish('in time', 2);
  await stream.startWorker(backend);
  const replies = await stream.nextReplies(2);
  expect(replies).toContainEqual(
    expect.objectContaining({ jobId: 'late', code: 'DEADLINE_EXCEEDED' }),
  );
  expect(replies).toContainEqual(expect.objectContaining({ jobId: 'in time', status: 'done' }));
  expect(backend.batches).toEqual([1]);
  await stream.expectNothingLeft();
});

test('a job that was withdrawn is dropped without an inference', async () => {
  const backend = new FakeBackend();
  await stream.publish('withdrawn', 1);
  await stream.queue.withdraw('withdrawn', 60_000);
  await stream.publish('wanted', 2);
  // Only a job that has waited a while is looked up.
  await new Promise((resolve) => setTimeout(resolve, 150));
  await stream.startWorker(backend);
  expect(await stream.nextReplies(1)).toMatchObject([{ jobId: 'wanted' }]);
  expect(backend.batches).toEqual([1]);
  expect(await stream.redis.exists(stream.keys.result('withdrawn'))).toBe(0);
  await stream.expectNothingLeft();
});

test('the result is kept for those who come later', async () => {
  await stream.startWorker(new FakeBackend());
  await stream.publish('a', 42);
  const [reply] = await stream.nextReplies(1);
  const { result } = stream.keys;
  expect(JSON.parse((await stream.redis.get(result('a'))) ?? '')).toEqual(reply);
  expect(await stream.redis.ttl(result('a'))).toBeGreaterThan(50);
});

describe('the cache', () => {
  const cached = () => stream.redis.keys(stream.keys.cache('*', '*', false));

  test('gets the 100 best categories of each photo', async () => {
    await stream.startWorker(new FakeBackend(), { CACHE_TTL_S: '100' });
    await stream.publish('a', 42);
    await stream.nextReplies(1);
    const [key = ''] = await cached();
    const entry = decodeCacheEntry((await stream.redis.get(key)) ?? '');
    expect(entry).toMatchObject({ width: 300, height: 280, model: { name: 'testcard-int8' } });
    expect([entry.indices.length, entry.scores.length]).toEqual([100, 100]);
    expect([entry.indices[0], entry.scores[0]]).toEqual([42, 1]);
    expect(await stream.redis.ttl(key)).toBeGreaterThan(90);
  });

  test('has answers with reasons apart from those without', async () => {
    await stream.startWorker(new FakeBackend(), { CACHE_TTL_S: '100' });
    const image = await plain([42, 0, 0], 'png');
    await stream.publishJob({ id: 'a', image, explain: true });
    const [reply] = await stream.nextReplies(1);
    const grids = gridsOf(42);
    expect(reply).toMatchObject({ explanation: { grids: grids.slice(0, 2) } });
    expect(await cached()).toEqual([]);
    const [key = ''] = await stream.redis.keys(stream.keys.cache('*', '*', true));
    const entry = decodeCacheEntry((await stream.redis.get(key)) ?? '');
    expect(entry.explanation?.grids).toEqual(grids);
    await stream.publishJob({ id: 'b', image });
    expect((await stream.nextReplies(1))[0]).not.toHaveProperty('explanation');
    expect(await cached()).toHaveLength(1);
  });

  test('is not written when it is off', async () => {
    await stream.startWorker(new FakeBackend(), { CACHE_TTL_S: '0' });
    await stream.publish('a', 42);
    await stream.nextReplies(1);
    expect(await cached()).toEqual([]);
  });

  test('is not written when more than 80 % of the memory is in use', async () => {
    const server = await startTestRedis();
    onTestFinished(() => server.stop());
    const full = await TestStream.open(server.url);
    await full.startWorker(new FakeBackend());
    await full.redis.setRange('ballast', 50e6, 'x');
    const used = /used_memory:(\d+)/.exec(await full.redis.info('memory'))?.[1];
    await full.redis.configSet('maxmemory', `${Math.round(Number(used) / 0.85)}`);
    await full.publish('a', 42);
    await full.nextReplies(1);
    expect(await full.redis.keys(full.keys.cache('*', '*', false))).toEqual([]);
    await full.redis.configSet('maxmemory', '0');
    await full.publish('b', 43);
    await full.nextReplies(1);
    expect(await full.redis.keys(full.keys.cache('*', '*', false))).toHaveLength(1);
    await full.close();
  });
});

test('two workers share the jobs', async () => {
  const gate = Promise.withResolvers<void>();
  const backends = [new FakeBackend(), new FakeBackend()];
  for (const [i, backend] of backends.entries()) {
    backend.gate = gate.promise;
    await stream.startWorker(backend, { name: `worker-${i}` });
  }
  for (let i = 0; i < 4; i++) await stream.publish(`job-${i}`, i);
  while ((await stream.redis.xPending(stream.keys.jobs, GROUP)).pending < 4)
    await new Promise(setImmediate);
  gate.resolve();
  const replies = await stream.nextReplies(4);
  expect(new Set(replies.map(({ jobId }) => jobId)).size).toBe(4);
  expect(backends.map(({ batches }) => batches.length)).toEqual([2, 2]);
  await stream.expectNothingLeft();
});

test('close waits for the jobs under way and leaves nothing pending', async () => {
  const gate = Promise.withResolvers<void>();
  const backend = new FakeBackend();
  backend.gate = gate.promise;
  const worker = await stream.startWorker(backend);
  await stream.publish('a', 3);
  while (backend.batches.length === 0) await new Promise(setImmediate);
  const closing = Promise.all([worker.close(), worker.close()]);
  // It may take its time: closing waits.
  await new Promise((resolve) => setTimeout(resolve, 200));
  gate.resolve();
  await closing;
  expect(await stream.nextReplies(1)).toMatchObject([{ jobId: 'a', status: 'done' }]);
  await stream.expectNothingLeft();
  expect(backend.closed).toBe(true);
});

test('announces itself while it runs', async () => {
  const worker = await stream.startWorker(new FakeBackend());
  expect(await liveWorkers(stream.redis, stream.keys)).toMatchObject([
    { name: 'one', model: { name: 'testcard-int8', trained: false, classes: 1000 } },
  ]);
  await worker.close();
  expect(await liveWorkers(stream.redis, stream.keys)).toEqual([]);
});

test('an entry that is no job becomes a dead letter, and whoever asks for it is told', async () => {
  await stream.publish('newer', 1);
  const [entry] = (await stream.redis.xRange(stream.keys.jobs, '-', '+')) ?? [];
  await stream.redis.xDel(stream.keys.jobs, entry?.id ?? '');
  // As from a version of the service that knows more formats.
  const header = (entry?.message.header ?? '').replace('"png"', '"heic"');
  await stream.redis.xAdd(stream.keys.jobs, '*', { header, image: 'x' });
  await stream.redis.xAdd(stream.keys.jobs, '*', { header: '{}', image: 'x' });
  await stream.startWorker(new FakeBackend());
  await stream.publish('good', 7);
  expect(await stream.nextReplies(1)).toMatchObject([{ jobId: 'good' }]);
  while ((await stream.redis.xLen(stream.keys.jobs)) > 0) await new Promise(setImmediate);
  await stream.expectNothingLeft();
  const letters = (await stream.redis.xRange(stream.keys.dead, '-', '+')) ?? [];
  expect(letters.map(({ message }) => message)).toEqual([
    expect.objectContaining({ reason: 'unreadable', header, image: 'x' }),
    expect.objectContaining({ reason: 'unreadable', header: '{}' }),
  ]);
  expect(await stream.redis.get(stream.keys.result('newer'))).toContain('JOB_FAILED');
});

test('a Redis that is full takes the reply all the same', async () => {
  const server = await startTestRedis();
  onTestFinished(() => server.stop());
  const full = await TestStream.open(server.url);
  const gate = Promise.withResolvers<void>();
  const backend = new FakeBackend();
  backend.gate = gate.promise;
  await full.startWorker(backend);
  await full.publish('a', 3);
  while (backend.batches.length === 0) await new Promise(setImmediate);
  await full.redis.configSet('maxmemory', '1');
  gate.resolve();
  expect(await full.nextReplies(1)).toMatchObject([{ jobId: 'a', status: 'done' }]);
  await full.expectNothingLeft();
  await full.close();
});
