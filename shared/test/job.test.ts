import { expect, inject, test } from 'vitest';
import { decodeJob, encodeJob } from '../src/job.ts';
import { createKeys, GROUP } from '../src/keys.ts';
import { createRedis, ensureGroup, withBuffers } from '../src/redis.ts';
import { decodeReply, type Reply } from '../src/reply.ts';
import { randomPrefix, silentLog, testJob } from '../src/testing/index.ts';

const job = testJob({
  id: 'a',
  orientation: 6,
  image: Buffer.from([0xff, 0xd8, 0x00, 0xc3, 0x28, 0x0d, 0x0a]),
});

test('a job and its bytes come through a stream unchanged', async () => {
  const redis = createRedis({ url: inject('redisUrl'), name: 'test', log: silentLog });
  await redis.connect();
  const { jobs } = createKeys(randomPrefix());
  await ensureGroup(redis, jobs, GROUP);
  await ensureGroup(redis, jobs, GROUP); // a second time does no harm
  await redis.xAdd(jobs, '*', encodeJob(job));
  const read = await withBuffers(redis).xReadGroup(GROUP, 'me', { key: jobs, id: '>' });
  const fields = read?.[0]?.messages[0]?.message;
  expect(decodeJob({ ...fields } as Record<string, Buffer>)).toEqual(job);
  await redis.del(jobs);
  redis.destroy();
});

test('an entry that is no job is refused', () => {
  const { header, image } = encodeJob(job);
  expect(() => decodeJob({ image })).toThrow('fields of a job');
  expect(() => decodeJob({ header: Buffer.from('{}'), image })).toThrow();
  expect(decodeJob({ header: Buffer.from(header), image }).id).toBe('a');
});

test('an entry of an older version, which tells less, is a job all the same', () => {
  const { header, image } = encodeJob(job);
  const { requestId, traceparent, replayed, explain, ...older } = JSON.parse(header);
  expect([requestId, traceparent, replayed, explain]).toEqual([null, null, false, false]);
  expect(decodeJob({ header: Buffer.from(JSON.stringify(older)), image })).toEqual(job);
});

test('replies of both kinds come back as they were', () => {
  const failed: Reply = {
    jobId: 'a',
    status: 'failed',
    sha256: '00',
    code: 'IMAGE_UNREADABLE',
    detail: 'why',
  };
  expect(decodeReply({ reply: JSON.stringify(failed) })).toEqual(failed);
  expect(() => decodeReply({ reply: '{"jobId":"a","status":"done"}' })).toThrow();
});
