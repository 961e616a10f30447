import { createKeys, createRedis, JobQueue } from '@synset/shared';
import { randomPrefix, silentLog, testJob } from '@synset/shared/testing';
import { expect, inject, onTestFinished, test } from 'vitest';
import { Consumer } from '../src/consumer.ts';
import { noMetrics } from '../src/metrics/metrics.ts';

test('a job that ends while its claim is renewed was not taken over by others', async () => {
  const [redis, reader] = ['redis', 'reader'].map((name) =>
    createRedis({ url: inject('redisUrl'), name, log: silentLog }),
  ) as [ReturnType<typeof createRedis>, ReturnType<typeof createRedis>];
  await Promise.all([redis.connect(), reader.connect()]);
  const keys = createKeys(randomPrefix());
  onTestFinished(async () => {
    await redis.del([keys.jobs, keys.jobBytes, keys.result('a')]);
    redis.destroy();
    reader.destroy();
  });
  const queue = new JobQueue(redis, keys);
  const finished = Promise.withResolvers<void>();
  const renewed = Promise.withResolvers<void>();
  // Its entry has gone from Redis, and with it the claim: what renews finds it no more.
  queue.renew = async (_name, ids) => {
    finished.resolve();
    renewed.resolve();
    return [...ids];
  };
  const lost: number[] = [];
  const consumer = new Consumer({
    ...{ redis, reader, queue, keys, name: 'one', log: silentLog },
    ...{ capacity: 1, claimIdleMs: 300 },
    metrics: { ...noMetrics, lostClaims: (jobs) => lost.push(jobs) },
    handle: async () => {
      await finished.promise;
      await null; // what a handler does when Redis has taken its answer
    },
  });
  consumer.start();
  const job = testJob({ id: 'a', image: Buffer.alloc(1) });
  await queue.publish(job, { maxJobs: 1, maxBytes: 1 }, 60);
  await renewed.promise;
  await consumer.close();
  expect(lost).toEqual([]);
});
