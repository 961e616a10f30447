import { createKeys, createRedis } from '@synset/shared';
import { randomPrefix, silentLog } from '@synset/shared/testing';
import { expect, inject, onTestFinished, test } from 'vitest';
import { ReplyCount } from '../../src/chaos/replies.ts';

test('sees each reply once, those of later and of other instances too', async () => {
  const redis = createRedis({ url: inject('redisUrl'), name: 'test', log: silentLog });
  await redis.connect();
  onTestFinished(() => redis.destroy());
  const keys = createKeys(randomPrefix());
  const send = async (instance: string, jobId: string) => {
    const failure = { status: 'failed', sha256: '', code: 'JOB_FAILED', detail: '' };
    const reply = JSON.stringify({ jobId, ...failure });
    await redis.xAdd(keys.replies(instance), '*', { reply });
  };
  await send('one', 'a');
  const count = new ReplyCount(redis, keys);
  onTestFinished(() => count.close());
  while (count.byJob.size < 1) await new Promise(setImmediate);
  await send('one', 'a');
  await send('two', 'b');
  while (count.byJob.get('a') !== 2 || !count.byJob.has('b')) await new Promise(setImmediate);
  await count.close();
  expect([...count.byJob]).toEqual([
    ['a', 2],
    ['b', 1],
  ]);
});
