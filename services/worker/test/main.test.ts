import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKeys, createRedis, JobQueue } from '@synset/shared';
import {
  freePort,
  hugePng,
  randomPrefix,
  runProgram,
  silentLog,
  startTestRedis,
  testJob,
} from '@synset/shared/testing';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';

const MAIN = new URL('../src/main.ts', import.meta.url);
const MODEL_DIR = process.env.SYNSET_TEST_MODEL_DIR ?? 'data/test-models';

let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'synset-worker-'));
});

afterAll(() => rm(dir, { recursive: true }));

async function lastWords(env: NodeJS.ProcessEnv): Promise<string> {
  const worker = runProgram(MAIN, {
    REDIS_URL: inject('redisUrl'),
    KEY_PREFIX: randomPrefix(),
    LOG_LEVEL: 'silent',
    MODEL_DIR,
    ...env,
  });
  expect(await worker.exit).not.toBe(0);
  return worker.output();
}

test('a bad setting ends it with a line that names the setting', async () => {
  expect(await lastWords({ SESSIONS: '65' })).toMatch(
    /^synset worker: bad setting: SESSIONS: .*\n$/,
  );
});

test('settings are checked against each other', async () => {
  expect(await lastWords({ MAX_PIXELS: '100', MAX_DECODE_PIXELS: '99' })).toMatch(
    /^synset worker: bad setting: MAX_DECODE_PIXELS: must be at least MAX_PIXELS/,
  );
});

test('without trained weights it refuses to start unless the test card is named', async () => {
  expect(await lastWords({ MODEL_DIR: dir })).toMatch(/^synset worker: .*testcard.*\n$/s);
});

test('a model that is none ends it with a line that says so', async () => {
  await writeFile(join(dir, 'noise.onnx'), 'this is no model');
  const card = join(dir, 'card.json');
  await writeFile(card, JSON.stringify({ name: 'noise', file: 'noise.onnx', trained: true }));
  expect(await lastWords({ MODEL: card, MODEL_DIR: dir })).toMatch(
    /^synset worker: .*noise\.onnx.*\n$/,
  );
});

test('a signal ends it cleanly', async () => {
  const worker = runProgram(MAIN, {
    REDIS_URL: inject('redisUrl'),
    KEY_PREFIX: randomPrefix(),
    MODEL: 'testcard-int8',
    MODEL_DIR,
  });
  await worker.printed('"ready"');
  worker.process.kill('SIGTERM');
  expect(await worker.exit).toBe(0);
});

test('a signal ends it in bounded time when Redis takes no answer, and that is said', async () => {
  const server = await startTestRedis();
  const port = await freePort();
  const keys = createKeys(randomPrefix());
  const redis = createRedis({ url: server.url, name: 'test', log: silentLog });
  await redis.connect();
  const worker = runProgram(MAIN, {
    REDIS_URL: server.url,
    KEY_PREFIX: keys.jobs.split(':')[0],
    MODEL: 'testcard-int8',
    MODEL_DIR,
    DECODER: 'jimp',
    METRICS_PORT: `${port}`,
  });
  await worker.printed('"ready"');
  // Takes jimp long enough for Redis to be frozen meanwhile.
  const job = testJob({ id: 'a', image: hugePng(3900, 3900), width: 3900, height: 3900 });
  await new JobQueue(redis, keys).publish(job, { maxJobs: 1, maxBytes: 1e9 }, 60);
  while ((await redis.xInfoGroups(keys.jobs)).every(({ pending }) => pending === 0));
  server.process.kill('SIGSTOP');
  worker.process.kill('SIGTERM');
  const readiness = async () => await (await fetch(`http://127.0.0.1:${port}/readyz`)).text();
  while ((await readiness()) !== '{"status":"stopping"}');
  expect(await worker.exit).toBe(1);
  expect(worker.output()).toMatch(/"jobs":1,.*jobs were left unfinished/);
  server.process.kill('SIGCONT');
  redis.destroy();
  await server.stop();
}, 60_000);
