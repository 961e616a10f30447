import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { type Ending, JobQueue } from '../src/job-queue.ts';
import { createKeys, GROUP, type Keys } from '../src/keys.ts';
import { createRedis, ensureGroup, type Redis } from '../src/redis.ts';
import { randomPrefix, silentLog, testJob } from '../src/testing/index.ts';

const NO_LIMITS = { maxJobs: 1e6, maxBytes: 1e9 };
/** No UTF-8. */
const image = Buffer.from([0xff, 0xd8, 0x00, 0xc3, 0x28]);

let redis: Redis;
let keys: Keys;
let queue: JobQueue;

beforeEach(async () => {
  redis = createRedis({ url: inject('redisUrl'), name: 'test', log: silentLog });
  await redis.connect();
  keys = createKeys(randomPrefix());
  queue = new JobQueue(redis, keys);
  await ensureGroup(redis, keys.jobs, GROUP);
});

afterEach(async () => {
  await redis.del(await redis.keys(keys.jobs.replace('jobs', '*')));
  redis.destroy();
});

const job = (id: string, bytes = image) =>
  testJob({ id, image: bytes, replyTo: keys.replies('x') });

async function publish(...ids: string[]): Promise<void> {
  for (const id of ids) await queue.publish(job(id), NO_LIMITS, 60);
}

async function take(consumer: string): Promise<string[]> {
  const streams = await redis.xReadGroup(GROUP, consumer, { key: keys.jobs, id: '>' });
  return streams?.[0]?.messages.map(({ id }: { id: string }) => id) ?? [];
}

const ending = (id: string, text: string): Ending => ({
  job: job(id),
  reply: { jobId: id, status: 'failed', sha256: '', code: 'JOB_FAILED', detail: text },
});

const model = { name: 'fake', trained: true };

function answered(id: string, index: number): Ending {
  const { sha256, format, width, height, uploadMs } = job(id);
  const about = { model, width, height, format, bytes: image.length, sha256, cached: false };
  const categories = [
    { index, score: 2 / 3 },
    { index: 0, score: 0.1 },
  ];
  const timings = { uploadMs, queueMs: 1, decodeMs: 1, inferenceMs: 1 };
  return {
    job: job(id),
    reply: { jobId: id, status: 'done', categories, ...about, ...timings },
  };
}

describe('publishing', () => {
  test('adds the job and says that it waits', async () => {
    expect(await queue.publish(job('a'), NO_LIMITS, 60)).toEqual({ status: 'queued' });
    const [entry] = (await redis.xRange(keys.jobs, '-', '+')) ?? [];
    expect(JSON.parse((await redis.get(keys.result('a'))) ?? '')).toEqual({
      status: 'queued',
      entry: entry?.id,
      sha256: job('a').sha256,
    });
    expect(await redis.ttl(keys.result('a'))).toBeGreaterThan(50);
  });

  test('adds no second job of the same ID', async () => {
    await publish('a');
    expect(await queue.publish(job('a'), NO_LIMITS, 60)).toMatchObject({
      status: 'known',
      record: { status: 'queued' },
    });
    expect(await redis.xLen(keys.jobs)).toBe(1);
  });

  test.each([
    ['jobs', { maxJobs: 2, maxBytes: 1e9 }],
    ['bytes', { maxJobs: 100, maxBytes: 14 }],
  ] as const)('stops at the limit of %s', async (what, limits) => {
    await publish('a', 'b');
    const full = { status: 'full', jobs: 2, bytes: 10, what };
    expect(await queue.publish(job('c'), limits, 60)).toEqual(full);
    expect(await queue.fullness(image.length, limits)).toEqual(full);
    expect(await redis.xLen(keys.jobs)).toBe(2);
    expect(await redis.exists(keys.result('c'))).toBe(0);
  });
});

test('the bytes are counted as jobs come and go, and forgotten with the last', async () => {
  await publish('a', 'b', 'c');
  expect(await redis.get(keys.jobBytes)).toBe('15');
  const [a = '', b = '', c = ''] = await take('me');
  await queue.finish(a, ending('a', 'why'));
  await queue.drop(b, job('b'));
  await queue.drop(b, job('b')); // a second time counts nothing
  expect(await redis.get(keys.jobBytes)).toBe('5');
  await queue.finish(c, ending('c', 'why'));
  expect(await redis.exists(keys.jobBytes)).toBe(0);
});

test('a count that was left over is not believed', async () => {
  await redis.set(keys.jobBytes, '1000000');
  await queue.publish(job('a'), { maxJobs: 1, maxBytes: 5 }, 60);
  expect(await redis.get(keys.jobBytes)).toBe('5');
});

describe('finishing', () => {
  test('replies, keeps the result and removes the job', async () => {
    await publish('a');
    const [entry = ''] = await take('me');
    expect(await queue.finish(entry, ending('a', 'why'))).toBe(true);
    expect(await redis.xLen(keys.jobs)).toBe(0);
    expect((await redis.xPending(keys.jobs, GROUP)).pending).toBe(0);
    expect(await redis.xLen(keys.replies('x'))).toBe(1);
    expect(await redis.ttl(keys.replies('x'))).toBeGreaterThan(0);
    expect(await redis.get(keys.result('a'))).toContain('why');
  });

  test('a second time does nothing', async () => {
    await publish('a');
    const [entry = ''] = await take('me');
    await queue.finish(entry, ending('a', 'first'));
    expect(await queue.finish(entry, ending('a', 'second'))).toBe(false);
    expect(await redis.xLen(keys.replies('x'))).toBe(1);
    expect(await redis.get(keys.result('a'))).toContain('first');
  });

  test('replies even when Redis came back without the job', async () => {
    expect(await queue.finish('1-1', ending('a', 'why'))).toBe(true);
    expect(await redis.xLen(keys.replies('x'))).toBe(1);
  });

  test('remembers what was predicted, once for each job, and no failures', async () => {
    for (const index of [7, 281]) await queue.finish('1-1', answered('a', index));
    await queue.finish('1-1', ending('b', 'why'));
    const known = { sha256: job('a').sha256, index: 7, score: 0.666667, model };
    expect(await redis.hGetAll(keys.predictions)).toEqual({ a: JSON.stringify(known) });
    expect(await redis.lRange(keys.predictionIds, 0, -1)).toEqual(['a']);
  });

  test('remembers an ID that comes again by its last prediction', async () => {
    await queue.finish('1-1', answered('a', 7));
    await redis.del(keys.result('a')); // it has expired
    await queue.finish('1-1', answered('a', 281));
    expect(await redis.hGet(keys.predictions, 'a')).toContain('"index":281');
    expect(await redis.lRange(keys.predictionIds, 0, -1)).toEqual(['a']);
  });

  test('forgets the oldest prediction for the newest', async () => {
    await queue.finish('1-1', answered('oldest', 1));
    const fill = `for i = 2, 100000 do redis.call('RPUSH', KEYS[1], i) end`;
    await redis.eval(fill, { keys: [keys.predictionIds] });
    await queue.finish('1-1', answered('newest', 2));
    expect(await redis.hKeys(keys.predictions)).toEqual(['newest']);
    expect(await redis.lLen(keys.predictionIds)).toBe(100_000);
  });

  test('needs no reply stream', async () => {
    await publish('a');
    const [entry = ''] = await take('me');
    const promised = { ...ending('a', 'why'), job: testJob({ id: 'a', image }) };
    expect(await queue.finish(entry, promised)).toBe(true);
    expect(await redis.keys(keys.replies('*'))).toEqual([]);
  });
});

test('dropping a job does not take its result away', async () => {
  await publish('a', 'b');
  const [a = '', b = ''] = await take('me');
  await queue.finish(a, ending('a', 'why'));
  await queue.drop(a, job('a'));
  await queue.drop(b, job('b'));
  expect(await redis.get(keys.result('a'))).toContain('why');
  expect(await redis.exists(keys.result('b'))).toBe(0);
});

describe('claiming', () => {
  test('takes one job whose worker is silent, with its bytes as they were', async () => {
    await publish('a', 'b');
    const [a] = await take('dead');
    expect(await queue.claim('me', 60_000)).toBeNull();
    expect(await queue.hasClaimable(60_000)).toBe(false);
    const entry = await queue.claim('me', 0);
    expect(entry).toMatchObject({ id: a, deliveries: 2 });
    expect(entry?.fields.image).toEqual(image);
  });

  test('passes over jobs that are no more, and cleans up after them', async () => {
    await publish('a', 'b');
    const [a = '', b] = await take('dead');
    await redis.xDel(keys.jobs, a);
    expect(await queue.claim('me', 0)).toMatchObject({ id: b });
    expect((await redis.xPending(keys.jobs, GROUP)).pending).toBe(1);
  });

  test('finds what lies behind many that are being worked on', async () => {
    const ids = Array.from({ length: 50 }, (_, i) => `job-${i}`);
    await publish(...ids);
    const entries = await take('busy');
    await queue.release('busy', entries.at(-1) ?? '');
    expect(await queue.claim('me', 60_000)).toMatchObject({ id: entries.at(-1) });
    expect(await queue.claim('me', 60_000)).toBeNull();
  });

  test('a job handed back is free at once, but not by one who has lost it', async () => {
    await publish('a');
    const [a = ''] = await take('one');
    await queue.release('two', a);
    expect(await queue.hasClaimable(60_000)).toBe(false);
    await queue.release('one', a);
    expect(await queue.hasClaimable(60_000)).toBe(true);
  });
});

test('dead letters are as many and as large as fit, the oldest go first', async () => {
  const death = { reason: 'failed', error: 'why', deliveries: 3 };
  const big = Buffer.alloc(50 * 1024 * 1024);
  for (const id of ['a', 'b', 'c']) {
    await queue.publish(job(id, big), NO_LIMITS, 60);
    const [entry = ''] = await take('me');
    await queue.finish(entry, { ...ending(id, 'why'), job: job(id, big), death });
  }
  const letters = (await redis.xRange(keys.dead, '-', '+')) ?? [];
  expect(letters.map(({ message }) => JSON.parse(message.header ?? '').id)).toEqual(['b', 'c']);
});
