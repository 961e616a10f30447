import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { JobQueue } from '../src/job-queue.ts';
import { createKeys, GROUP, type Keys } from '../src/keys.ts';
import { queueState } from '../src/queue-state.ts';
import { createRedis, ensureGroup, type Redis, redisTime } from '../src/redis.ts';
import { randomPrefix, silentLog, startTestRedis, testJob } from '../src/testing/index.ts';

const NO_LIMITS = { maxJobs: 1e6, maxBytes: 1e9 };
const image = Buffer.alloc(1000);

let redis: Redis;
let keys: Keys;
let queue: JobQueue;

beforeEach(async () => {
  redis = createRedis({ url: inject('redisUrl'), name: 'test', log: silentLog });
  await redis.connect();
  keys = createKeys(randomPrefix());
  queue = new JobQueue(redis, keys);
});

afterEach(async () => {
  await redis.del([keys.jobs, ...(await redis.keys(keys.jobs.replace('jobs', '*')))]);
  redis.destroy();
});

const publish = (id: string) => queue.publish(testJob({ id, image }), NO_LIMITS, 60);
const take = (count: number) =>
  redis.xReadGroup(GROUP, 'worker', { key: keys.jobs, id: '>' }, { COUNT: count });

/** Entries of jobs from long ago. */
async function addOld(...ages: number[]): Promise<void> {
  const now = await redisTime(redis);
  for (const age of ages) await redis.xAdd(keys.jobs, `${Math.round(now) - age}-0`, { x: '' });
}

test('nothing there, not even a group', async () => {
  const gib = 1024 ** 3;
  expect(await queueState(redis, keys)).toEqual({
    backlog: 0,
    pending: 0,
    bytes: 0,
    oldestMs: 0,
    deadLetters: 0,
    memoryUsed: expect.any(Number),
    memoryLimit: gib,
  });
});

test('jobs that wait and jobs that a worker has, with their bytes', async () => {
  await publish('a');
  await publish('b');
  await publish('c');
  expect(await queueState(redis, keys)).toMatchObject({ backlog: 3, pending: 0, bytes: 3000 });
  await ensureGroup(redis, keys.jobs, GROUP);
  await take(2);
  expect(await queueState(redis, keys)).toMatchObject({ backlog: 3, pending: 2, bytes: 3000 });
});

test('the oldest job may wait, or be with a worker', async () => {
  await addOld(60_000, 30_000);
  await ensureGroup(redis, keys.jobs, GROUP);
  const oldest = async () => Math.floor((await queueState(redis, keys)).oldestMs / 10_000);
  expect(await oldest()).toBe(6);
  const taken = await take(1);
  expect(await oldest()).toBe(6);
  const entry = taken?.[0]?.messages[0]?.id ?? '';
  await redis.multi().xAck(keys.jobs, GROUP, entry).xDel(keys.jobs, entry).exec();
  expect(await oldest()).toBe(3);
});

test('dead letters, and no limit of memory', async () => {
  await redis.xAdd(keys.dead, '*', { x: '' });
  expect(await queueState(redis, keys)).toMatchObject({ deadLetters: 1 });
  const server = await startTestRedis({ args: ['--maxmemory', '0'] });
  const other = createRedis({ url: server.url, name: 'test', log: silentLog });
  await other.connect();
  const { memoryLimit, memoryUsed } = await queueState(other, keys);
  expect(memoryLimit).toBe(0);
  expect(memoryUsed).toBeGreaterThan(100_000);
  other.destroy();
  await server.stop();
});
