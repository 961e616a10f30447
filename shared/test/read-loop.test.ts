import { EventEmitter, once } from 'node:events';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createKeys, GROUP } from '../src/keys.ts';
import { BLOCK_MS, ReadLoop } from '../src/read-loop.ts';
import { createRedis, ensureGroup, type Redis } from '../src/redis.ts';
import {
  freePort,
  randomPrefix,
  silentLog,
  startTestRedis,
  type TestRedis,
} from '../src/testing/index.ts';

let port: number;
let server: TestRedis;
let redis: Redis;
let reader: Redis;
let loop: ReadLoop;
const seen: string[] = [];
const events = new EventEmitter();
const { jobs } = createKeys(randomPrefix());

async function untilSeen(id: string) {
  while (!seen.includes(id)) await once(events, 'seen');
}

beforeEach(async () => {
  port = await freePort();
  server = await startTestRedis({ port });
  redis = createRedis({ url: server.url, name: 'test', log: silentLog });
  reader = createRedis({ url: server.url, name: 'test-reader', log: silentLog });
  await Promise.all([redis.connect(), reader.connect()]);
  loop = new ReadLoop({
    reader,
    redis,
    prepare: () => ensureGroup(redis, jobs, GROUP),
    read: async () => {
      const streams = await reader.xReadGroup(
        GROUP,
        'me',
        { key: jobs, id: '>' },
        { BLOCK: BLOCK_MS },
      );
      for (const { id } of streams?.[0]?.messages ?? []) seen.push(id);
      events.emit('seen');
    },
    log: silentLog,
  });
  loop.start();
});

afterEach(async () => {
  await loop.close();
  redis.destroy();
  reader.destroy();
  await server.stop();
});

test('goes on after a flush that took the stream and its group away', async () => {
  await untilSeen(await redis.xAdd(jobs, '*', { a: '1' }));
  await redis.del(jobs);
  await untilSeen(await redis.xAdd(jobs, '*', { a: '2' }));
});

test('goes on after Redis has been away and came back empty', async () => {
  await untilSeen(await redis.xAdd(jobs, '*', { a: '1' }));
  const back = new Promise((resolve) => redis.once('ready', resolve));
  await server.stop();
  server = await startTestRedis({ port });
  await back;
  await untilSeen(await redis.xAdd(jobs, '*', { a: '2' }));
  expect(loop.healthy).toBe(true);
});

test('ends while a read blocks, and starts and ends only once', async () => {
  loop.start();
  await untilSeen(await redis.xAdd(jobs, '*', { a: '1' }));
  await Promise.all([loop.close(), loop.close()]);
});
