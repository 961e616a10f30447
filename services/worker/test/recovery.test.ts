// What becomes of the jobs of a worker that dies, hangs, is cut off or fails.
import { COMMAND_TIMEOUT_MS, GROUP, HEARTBEAT_MS } from '@synset/shared';
import { startTestRedis, testJob } from '@synset/shared/testing';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { FakeBackend } from './fake-backend.ts';
import { TestStream } from './stream.ts';

const IDLE = { CLAIM_IDLE_MS: '300' };

let stream: TestStream;

beforeEach(async () => {
  stream = await TestStream.open();
  await stream.redis.xGroupCreate(stream.keys.jobs, GROUP, '0', { MKSTREAM: true });
});

afterEach(() => stream.close());

const pendingOf = async () =>
  await stream.redis.xPendingRange(stream.keys.jobs, GROUP, '-', '+', 9);

test("a dead worker's jobs are taken over", async () => {
  for (const [i, id] of ['a', 'b', 'c'].entries()) await stream.publish(id, i);
  expect(await stream.take('dead')).toHaveLength(3);
  await stream.startWorker(new FakeBackend(), IDLE);
  const replies = await stream.nextReplies(3);
  expect(replies.map(({ jobId, status }) => [jobId, status])).toEqual([
    ['a', 'done'],
    ['b', 'done'],
    ['c', 'done'],
  ]);
  await stream.expectNothingLeft();
});

test('they run one by one', async () => {
  await stream.publish('a', 1);
  await stream.publish('b', 2);
  await stream.take('dead');
  await stream.publish('new', 3);
  const backend = new FakeBackend(4);
  const gate = Promise.withResolvers<void>();
  backend.gate = gate.promise;
  for (const { id } of await pendingOf()) await stream.queue.release('dead', id);
  await stream.startWorker(backend, IDLE);
  while (backend.batches.length === 0) await new Promise(setImmediate);
  expect(
    (await pendingOf()).map(({ consumer, deliveriesCounter }) => [consumer, deliveriesCounter]),
  ).toEqual([
    ['one', 2],
    ['dead', 1],
  ]);
  gate.resolve();
  expect((await stream.nextReplies(3)).map(({ jobId }) => jobId)).toEqual(['a', 'b', 'new']);
});

test('nothing new is read while one of them runs', async () => {
  await stream.publish('a', 1);
  await stream.take('dead');
  await stream.publish('new', 3);
  const backend = new FakeBackend(4);
  const gate = Promise.withResolvers<void>();
  backend.gate = gate.promise;
  await stream.queue.release('dead', (await pendingOf())[0]?.id ?? '');
  await stream.startWorker(backend, IDLE);
  while (backend.batches.length === 0) await new Promise(setImmediate);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(await pendingOf()).toMatchObject([{ consumer: 'one', deliveriesCounter: 2 }]);
  gate.resolve();
  expect((await stream.nextReplies(2)).map(({ jobId }) => jobId)).toEqual(['a', 'new']);
});

test('a job that is being worked on is not taken over, however long that takes', async () => {
  const slow = new FakeBackend();
  const gate = Promise.withResolvers<void>();
  slow.gate = gate.promise;
  await stream.startWorker(slow, { ...IDLE, name: 'slow' });
  await stream.publish('a', 1);
  while (slow.batches.length === 0) await new Promise(setImmediate);
  const other = new FakeBackend();
  await stream.startWorker(other, { ...IDLE, name: 'other' });
  await new Promise((resolve) => setTimeout(resolve, 1200)); // four times the idle time
  expect(other.batches).toEqual([]);
  gate.resolve();
  expect(await stream.nextReplies(1)).toMatchObject([{ jobId: 'a', status: 'done' }]);
  await stream.expectNothingLeft();
});

test('a renewal does not take a job back from its new owner', async () => {
  await stream.publish('a', 1);
  const [entry = ''] = await stream.take('old');
  expect(await stream.queue.renew('old', [entry])).toEqual([]);
  expect(await stream.queue.claim('new', 0)).toMatchObject({ id: entry, deliveries: 2 });
  expect(await stream.queue.renew('old', [entry])).toEqual([entry]);
  expect(await pendingOf()).toMatchObject([{ consumer: 'new', deliveriesCounter: 2 }]);
});

test('the second answer of a job that ran twice is dropped', async () => {
  const slow = new FakeBackend();
  const gate = Promise.withResolvers<void>();
  slow.gate = gate.promise;
  const worker = await stream.startWorker(slow, { ...IDLE, name: 'slow' });
  await stream.publish('a', 1);
  while (slow.batches.length === 0) await new Promise(setImmediate);
  // As after a halt in which the claim has lapsed.
  const entry = await stream.queue.claim('other', 0);
  await stream.queue.finish(entry?.id ?? '', {
    job: testJob({ id: 'a', image: Buffer.alloc(1), replyTo: stream.keys.replies('test') }),
    reply: { jobId: 'a', status: 'failed', sha256: '', code: 'JOB_FAILED', detail: 'first' },
  });
  gate.resolve();
  await worker.close();
  expect(await stream.replyCount()).toBe(1);
  expect(await stream.redis.get(stream.keys.result('a'))).toContain('first');
});

describe('a photo that fails its worker', () => {
  const dead = async () => (await stream.redis.xRange(stream.keys.dead, '-', '+')) ?? [];

  test('is tried MAX_DELIVERIES times, then given up as a dead letter', async () => {
    const backend = new FakeBackend();
    await stream.startWorker(backend, { ...IDLE, MAX_DELIVERIES: '3' });
    await stream.publish('bad', 255);
    expect(await stream.nextReplies(1)).toMatchObject([
      { jobId: 'bad', status: 'failed', code: 'JOB_FAILED', detail: expect.stringContaining('3') },
    ]);
    expect(backend.batches).toEqual([1, 1, 1]);
    const [letter] = await dead();
    expect(letter?.message).toMatchObject({
      reason: 'failed',
      deliveries: '3',
      error: 'the backend does not like 255',
      header: expect.stringContaining('"id":"bad"'),
      image: expect.stringContaining('PNG'),
    });
    await stream.expectNothingLeft();
  });

  test('does not fail the others of its batch', async () => {
    const backend = new FakeBackend();
    const gate = Promise.withResolvers<void>();
    backend.gate = gate.promise;
    await stream.startWorker(backend, { ...IDLE, BATCH_MAX: '8' });
    await stream.publish('first', 1);
    while (backend.batches.length === 0) await new Promise(setImmediate);
    for (let i = 2; i < 9; i++) await stream.publish(`job-${i}`, i === 5 ? 255 : i);
    while ((await pendingOf()).length < 8);
    gate.resolve();
    const replies = await stream.nextReplies(8);
    expect(replies.filter(({ status }) => status === 'done')).toHaveLength(7);
    expect(replies.at(-1)).toMatchObject({ jobId: 'job-5', code: 'JOB_FAILED' });
    expect(await dead()).toHaveLength(1);
  });

  test('that has killed MAX_DELIVERIES workers is given up without another try', async () => {
    const backend = new FakeBackend();
    await stream.publish('killer', 1);
    await stream.take('first victim');
    await stream.queue.claim('second victim', 0);
    await stream.queue.claim('third victim', 0);
    await stream.startWorker(backend, { ...IDLE, MAX_DELIVERIES: '3' });
    expect(await stream.nextReplies(1)).toMatchObject([{ jobId: 'killer', code: 'JOB_FAILED' }]);
    expect(backend.batches).toEqual([]);
    expect((await dead())[0]?.message).toMatchObject({ reason: 'killed', deliveries: '3' });
    await stream.expectNothingLeft();
  });
});

test('a job that hangs ends its worker', async () => {
  const backend = new FakeBackend();
  const gate = Promise.withResolvers<void>();
  backend.gate = gate.promise;
  const worker = await stream.startWorker(backend, { hangMs: 50 });
  await stream.publish('a', 1);
  expect(await worker.failed).toMatchObject({ message: 'job a has hung for 50 ms' });
  gate.resolve();
});

test('an answer waits for Redis to come back', async () => {
  const server = await startTestRedis();
  onTestFinished(() => server.stop());
  const own = await TestStream.open(server.url);
  const backend = new FakeBackend();
  const gate = Promise.withResolvers<void>();
  backend.gate = gate.promise;
  await own.startWorker(backend);
  await own.publish('a', 3);
  while (backend.batches.length === 0) await new Promise(setImmediate);
  server.process.kill('SIGSTOP');
  // By then a heartbeat was not answered, and the connection given up.
  await new Promise((resolve) => setTimeout(resolve, HEARTBEAT_MS + 2 * COMMAND_TIMEOUT_MS));
  gate.resolve();
  await new Promise(setImmediate);
  server.process.kill('SIGCONT');
  while (!own.redis.isReady) await new Promise(setImmediate);
  expect(await own.nextReplies(1)).toMatchObject([{ jobId: 'a', status: 'done' }]);
  expect(backend.batches).toEqual([1]); // what was computed was not computed again
  await own.expectNothingLeft();
  expect(await own.replyCount()).toBe(1);
  await own.close();
});
