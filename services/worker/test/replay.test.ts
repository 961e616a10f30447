// A job that was given up, and is tried again as a person asks.
import { DeadLetters, decodeRecord, GROUP, type JobRecord } from '@synset/shared';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeBackend } from './fake-backend.ts';
import { TestStream } from './stream.ts';

const ENV = { CLAIM_IDLE_MS: '300', MAX_DELIVERIES: '3' };

let stream: TestStream;
let letters: DeadLetters;

beforeEach(async () => {
  stream = await TestStream.open();
  letters = new DeadLetters(stream.redis, stream.keys);
  await stream.redis.xGroupCreate(stream.keys.jobs, GROUP, '0', { MKSTREAM: true });
});

afterEach(() => stream.close());

async function recordOf(jobId: string): Promise<JobRecord> {
  return decodeRecord((await stream.redis.get(stream.keys.result(jobId))) ?? '');
}

/** What has become of it, once it is queued no more. */
async function resultOf(jobId: string): Promise<JobRecord> {
  for (;;) {
    const record = await recordOf(jobId);
    if (record.status !== 'queued') return record;
  }
}

test('is answered, and its result is kept', async () => {
  await stream.publish('unlucky', 7, 1000);
  await stream.take('first victim');
  await stream.queue.claim('second victim', 0);
  await stream.queue.claim('third victim', 0);
  await stream.startWorker(new FakeBackend(), ENV);
  expect(await stream.nextReplies(1)).toMatchObject([{ code: 'JOB_FAILED' }]);

  const [letter] = await Array.fromAsync(letters.list());
  expect(letter).toMatchObject({ reason: 'killed', deliveries: 3, job: { id: 'unlucky' } });
  expect(await letters.replay(letter?.id ?? '')).toBe('unlucky');
  expect(await resultOf('unlucky')).toMatchObject({
    status: 'done',
    categories: [{ index: 7 }, {}],
  });
  expect(await stream.redis.ttl(stream.keys.result('unlucky'))).toBeGreaterThan(3500);
  expect(await stream.replyCount()).toBe(1); // the client that waited has its answer
  expect(await letters.count()).toBe(0);
  await stream.expectNothingLeft();
});

test('and fails again, it is a dead letter again', async () => {
  const backend = new FakeBackend();
  await stream.startWorker(backend, ENV);
  await stream.publish('bad', 255);
  await stream.nextReplies(1);
  const [first] = await Array.fromAsync(letters.list());
  await letters.replay(first?.id ?? '');
  expect(await resultOf('bad')).toMatchObject({ status: 'failed', code: 'JOB_FAILED' });
  expect(backend.batches).toEqual([1, 1, 1, 1, 1, 1]);
  const [second, ...others] = await Array.fromAsync(letters.list());
  expect(second).toMatchObject({ deliveries: 3, job: { id: 'bad', budgetMs: null } });
  expect(second?.id).not.toBe(first?.id);
  expect(others).toEqual([]);
});
