import { createKeys, createRedis, liveWorkers, type Redis, type Reply } from '@synset/shared';
import { randomPrefix, silentLog, testJob, testPhoto } from '@synset/shared/testing';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { RedisTransport } from '../src/redis-transport.ts';
import type { NewJob, Transport } from '../src/transport.ts';
import { WorkerWatch } from '../src/worker-watch.ts';
import { type FakeWorker, startFakeWorker, tabby } from './fake-worker.ts';
import { MemoryTransport } from './memory-transport.ts';

const image = testPhoto('nagasaki-boats');

const newJob = (id: string): NewJob => ({
  ...testJob({ id, image, width: 1024 }),
  awaited: true,
  span: null,
});

/** What every transport must do. */
function contract(name: string, open: () => Promise<Transport>, shut: () => Promise<void>) {
  describe(name, () => {
    let transport: Transport;
    let replies: Reply[];
    let waiting: (() => void)[];

    beforeEach(async () => {
      transport = await open();
      replies = [];
      waiting = [];
      transport.start((reply) => {
        replies.push(reply);
        for (const check of waiting) check();
      });
      while (!transport.connected) await new Promise(setImmediate);
    });

    afterEach(async () => {
      await transport.close();
      await shut();
    });

    const untilReplies = (count: number) =>
      new Promise<void>((resolve) => {
        const check = () => {
          if (replies.length >= count) resolve();
        };
        waiting.push(check);
        check();
      });

    test('brings each job its reply', async () => {
      await Promise.all(['a', 'b', 'c'].map((id) => transport.publish(newJob(id))));
      await untilReplies(3);
      expect(replies.map(({ jobId }) => jobId).sort()).toEqual(['a', 'b', 'c']);
      expect(replies[0]).toMatchObject({ status: 'done', width: 1024 });
      expect(transport.connected).toBe(true);
    });

    test('is not connected, and refuses jobs, once closed', async () => {
      await transport.publish(newJob('a'));
      await untilReplies(1);
      await transport.close();
      expect(transport.connected).toBe(false);
      await expect(transport.publish(newJob('b'))).rejects.toMatchObject({
        code: 'QUEUE_UNAVAILABLE',
      });
      await transport.close();
    });
  });
}

contract(
  'memory',
  async () => new MemoryTransport((job, reply) => reply(tabby(job))),
  async () => {},
);

let redis: Redis;
let worker: FakeWorker;
contract(
  'Redis',
  async () => {
    const url = inject('redisUrl');
    const prefix = randomPrefix();
    worker = await startFakeWorker(url, prefix);
    const keys = createKeys(prefix);
    redis = createRedis({ url, name: 'test', log: silentLog });
    await redis.connect();
    const watch = new WorkerWatch(() => liveWorkers(redis, keys));
    const bounds = { queueLimit: 1000, queueBytes: 1e9 };
    return new RedisTransport({ url, redis, keys, watch, ...bounds, log: silentLog });
  },
  async () => {
    redis.destroy();
    await worker.close();
  },
);
