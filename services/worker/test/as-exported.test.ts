// Models that are served otherwise than most: as they were exported, or in batches of a fixed size.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { node, type Tiny, tinyModel } from '@synset/models/testing';
import {
  createKeys,
  createRedis,
  decodeReply,
  encodeJob,
  liveWorkers,
  type Redis,
} from '@synset/shared';
import { plain, randomPrefix, runProgram, silentLog, testJob } from '@synset/shared/testing';
import { expect, inject, onTestFinished, test } from 'vitest';

async function writeTiny(options: Tiny): Promise<{ MODEL: string; MODEL_DIR: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'synset-exported-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'tiny.onnx'), tinyModel(options));
  const MODEL = join(folder, 'card.json');
  await writeFile(MODEL, JSON.stringify({ name: 'tiny', file: 'tiny.onnx', trained: true }));
  return { MODEL, MODEL_DIR: folder };
}

async function connect(): Promise<Redis> {
  const redis = createRedis({ url: inject('redisUrl'), name: 'test', log: silentLog });
  await redis.connect();
  onTestFinished(() => redis.destroy());
  return redis;
}

/** Starts a worker with a model, asks it about a plain photo, and ends it. */
async function ask(options: Tiny) {
  const KEY_PREFIX = randomPrefix();
  const model = await writeTiny(options);
  const env = { REDIS_URL: inject('redisUrl'), KEY_PREFIX, ...model };
  const worker = runProgram(new URL('../src/main.ts', import.meta.url), env);
  await worker.printed('"ready"');
  const redis = await connect();
  const keys = createKeys(KEY_PREFIX);
  const [live] = await liveWorkers(redis, keys);
  const image = await plain([200, 30, 40], 'png');
  const replyTo = `${KEY_PREFIX}-replies`;
  const job = testJob({ id: 'one', image, topK: 3, explain: true, replyTo });
  await redis.xAdd(keys.jobs, '*', encodeJob(job));
  const replies = await redis.xRead({ key: replyTo, id: '0-0' }, { BLOCK: 20_000 });
  worker.process.kill('SIGTERM');
  await worker.exit;
  await redis.del([keys.jobs, keys.workers, replyTo, keys.result('one')]);
  const reply = decodeReply(replies?.[0]?.messages[0]?.message ?? {});
  const { categories, explanation } = reply.status === 'done' ? reply : { categories: [] };
  return { live, categories, explanation, log: worker.output() };
}

type Categories = Awaited<ReturnType<typeof ask>>['categories'];

function expectSame(a: Categories, b: Categories): void {
  expect(a).toHaveLength(3);
  expect(a.map(({ index }) => index)).toEqual(b.map(({ index }) => index));
  for (const [i, { score }] of a.entries()) expect(score).toBeCloseTo(b[i]?.score ?? 0, 5);
}

test('a model that cannot be prepared is served, and that is said', async () => {
  // The preparation does not see through the Identity and would put a second softmax behind it.
  const hidden: Tiny = {
    tail: (from, to) => [
      node('Softmax', [from], 'hidden', { axis: 1 }),
      node('Identity', ['hidden'], to),
    ],
  };
  const asExported = await ask(hidden);
  const prepared = await ask({});
  expect(prepared.live?.model).toMatchObject({ prepared: true, explain: true });
  expect(asExported.live?.model).toMatchObject({ prepared: false, explain: false });
  expect(asExported.explanation).toBeNull();
  expect(prepared.explanation?.grids).toHaveLength(3);
  expect(asExported.log).toMatch(
    /"level":40.*"reason":"its probabilities differ by.*as it was exported/,
  );
  expect(prepared.log).not.toContain('as it was exported');
  expectSame(asExported.categories, prepared.categories);
});

test('a model with a fixed batch gets batches of that size', async () => {
  const fixed = await ask({ inputDims: [3, 3, 224, 224], outputDims: [3, 1000] });
  expect(fixed.live?.model).toMatchObject({ prepared: true });
  expect(fixed.explanation?.grids).toHaveLength(3);
  expectSame(fixed.categories, (await ask({})).categories);
});
