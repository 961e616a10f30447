import { type Answer, createKeys, createRedis } from '@synset/shared';
import { randomPrefix, silentLog } from '@synset/shared/testing';
import { expect, inject, onTestFinished, test, vi } from 'vitest';
import { KeptAnswers } from '../src/kept-answers.ts';

const answer = (jobId: string): Answer => ({
  jobId,
  status: 'done',
  categories: [{ index: 281, score: 0.5 }],
  model: { name: 'fake', trained: true },
  format: 'jpeg',
  width: 3,
  height: 2,
  bytes: 6,
  sha256: 'abc',
  cached: true,
  uploadMs: 1,
  queueMs: 1,
  decodeMs: 0,
  inferenceMs: 0,
});

test('answers are written together, each under its own ID and for its time', async () => {
  const keys = createKeys(randomPrefix());
  const redis = createRedis({ url: inject('redisUrl'), name: 'test', log: silentLog });
  await redis.connect();
  onTestFinished(() => redis.destroy());
  const writes = vi.spyOn(redis, 'evalSha');
  const kept = new KeptAnswers(redis, keys, 60);
  const ids = ['a', 'b', 'c'];
  for (const id of ids) kept.keep(answer(id));
  const records = ids.map((id) => keys.result(id));
  while ((await redis.exists(records)) < records.length);
  const values = await redis.mGet(records);
  expect(values.map((json) => JSON.parse(json ?? ''))).toEqual(ids.map(answer));
  for (const record of records) expect(await redis.ttl(record)).toBeGreaterThan(50);
  const about = { sha256: 'abc', index: 281, score: 0.5, model: { name: 'fake', trained: true } };
  const predictions = ids.map((id) => [id, JSON.stringify(about)]);
  expect(await redis.hGetAll(keys.predictions)).toEqual(Object.fromEntries(predictions));
  expect(await redis.lRange(keys.predictionIds, 0, -1)).toEqual(ids);
  expect(writes).toHaveBeenCalledTimes(1);
});

test('without Redis they are lost, and nothing else', async () => {
  const redis = createRedis({ url: 'redis://127.0.0.1:1', name: 'test', log: silentLog });
  const writes = vi.spyOn(redis, 'evalSha');
  new KeptAnswers(redis, createKeys(randomPrefix()), 60).keep(answer('a'));
  await vi.waitFor(() => expect(writes).toHaveBeenCalled());
  await expect(writes.mock.results[0]?.value).rejects.toThrow();
});
