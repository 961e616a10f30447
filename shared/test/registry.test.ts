import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createKeys } from '../src/keys.ts';
import { createRedis, type Redis, redisTime } from '../src/redis.ts';
import { announceWorker, forgetWorker, liveWorkers, modelsOf } from '../src/registry.ts';
import { randomPrefix, silentLog } from '../src/testing/index.ts';

const keys = createKeys(randomPrefix());
const model = {
  name: 'm',
  trained: true,
  sha256: '00',
  source: null,
  licence: null,
  top1: 74.77,
  top5: null,
  classes: 1000,
  input: [224, 224] as [number, number],
  prepared: true,
  providers: ['cpu'],
  explain: true,
};
let redis: Redis;

beforeAll(async () => {
  redis = createRedis({ url: inject('redisUrl'), name: 'test', log: silentLog });
  await redis.connect();
});

afterAll(async () => {
  await redis.del(keys.workers);
  redis.destroy();
});

test('a worker is there from its heartbeat until it leaves', async () => {
  const lastSeen = await redisTime(redis);
  await announceWorker(redis, keys, { name: 'one', model, jobsDone: 3, jobsPerS: null, lastSeen });
  expect(await liveWorkers(redis, keys)).toMatchObject([{ name: 'one', model, jobsDone: 3 }]);
  await forgetWorker(redis, keys, 'one');
  expect(await liveWorkers(redis, keys)).toEqual([]);
});

test('a worker not heard of is not live, and one long gone or unreadable is removed', async () => {
  const now = await redisTime(redis);
  const at = (lastSeen: number) => JSON.stringify({ model, jobsDone: 0, jobsPerS: null, lastSeen });
  await redis.hSet(keys.workers, {
    quiet: at(now - 30_000),
    gone: at(now - 3_600_000),
    unreadable: '{}',
    broken: 'not JSON',
  });
  expect(await liveWorkers(redis, keys)).toEqual([]);
  expect(await redis.hKeys(keys.workers)).toEqual(['quiet']);
});

test('the model of most workers is the first, whoever was heard of first', () => {
  const worker = (name: string, sha256: string) => ({
    name,
    model: { ...model, sha256 },
    jobsDone: 0,
    jobsPerS: null,
    lastSeen: 0,
  });
  const [a, b, c] = [worker('a', '02'), worker('b', '01'), worker('c', '02')];
  const order = (...workers: Parameters<typeof modelsOf>[0]) =>
    modelsOf(workers).map(({ sha256 }) => sha256);
  expect(order(b, a, c)).toEqual(['02', '01']);
  expect(order(a, b)).toEqual(['01', '02']);
  expect(order(b, a)).toEqual(['01', '02']);
  expect(order()).toEqual([]);
});
