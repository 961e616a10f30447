import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { type DeadLetter, DeadLetters } from '../src/dead-letters.ts';
import { decodeJob, encodeJob } from '../src/job.ts';
import { JobQueue } from '../src/job-queue.ts';
import { createKeys, GROUP, type Keys } from '../src/keys.ts';
import { createRedis, ensureGroup, type Redis } from '../src/redis.ts';
import { randomPrefix, silentLog, testJob } from '../src/testing/index.ts';

/** What UTF-8 cannot hold, with a line end and a zero. */
const BYTES = Buffer.from([0xff, 0xd8, 0x00, 0xc3, 0x28, 0x0d, 0x0a]);
const NONE = '1-1';

let redis: Redis;
let keys: Keys;
let letters: DeadLetters;

beforeEach(async () => {
  redis = createRedis({ url: inject('redisUrl'), name: 'test', log: silentLog });
  await redis.connect();
  keys = createKeys(randomPrefix());
  letters = new DeadLetters(redis, keys);
});

afterEach(async () => {
  const prefix = keys.dead.slice(0, keys.dead.indexOf('{'));
  const left = await redis.keys(`${prefix}*`);
  if (left.length > 0) await redis.del(left);
  redis.destroy();
});

const jobOf = (id: string) =>
  testJob({ id, image: BYTES, replyTo: keys.replies('gone'), budgetMs: 50 });

/** Gives up a job as a worker does. */
async function giveUp(id: string): Promise<string> {
  const queue = new JobQueue(redis, keys);
  const job = jobOf(id);
  await ensureGroup(redis, keys.jobs, GROUP);
  await queue.publish(job, { maxJobs: 9, maxBytes: 1e6 }, 60);
  await redis.xReadGroup(GROUP, 'worker', { key: keys.jobs, id: '>' });
  const entry = await queue.claim('worker', 0);
  const { sha256 } = job;
  await queue.finish(entry?.id ?? '', {
    job,
    reply: { jobId: id, status: 'failed', sha256, code: 'JOB_FAILED', detail: 'given up' },
    death: { reason: 'failed', error: 'no memory\u001b[2J', deliveries: 3 },
  });
  return (await redis.xRevRange(keys.dead, '+', '-', { COUNT: 1 }))?.[0]?.id ?? '';
}

async function all(): Promise<DeadLetter[]> {
  return await Array.fromAsync(letters.list());
}

test('all letters are listed, oldest first, without their photos', async () => {
  const ids: string[] = [];
  for (let i = 0; i < 8; i++) ids.push(await giveUp(`job-${i}`)); // more than are read at a time
  const listed = await all();
  expect(listed.map(({ id }) => id)).toEqual(ids);
  expect(await letters.count()).toBe(8);
  const { image, ...header } = jobOf('job-7');
  expect(listed[7]).toEqual({
    id: ids[7],
    at: new Date(Number.parseInt(`${ids[7]}`, 10)),
    reason: 'failed',
    error: 'no memory\u001b[2J',
    deliveries: 3,
    job: header,
    bytes: image.length,
  });
});

test('nothing is listed where nothing is', async () => {
  expect(await all()).toEqual([]);
  expect(await letters.count()).toBe(0);
});

test("one letter comes with its photo's bytes as they were", async () => {
  const id = await giveUp('a');
  expect(await letters.get(id)).toMatchObject({ id, job: { id: 'a' }, image: BYTES });
  expect(await letters.get(NONE)).toBeNull();
});

describe('replayed', () => {
  test('a letter is a new job with the same photo, which nobody waits for', async () => {
    const id = await giveUp('a');
    await giveUp('b');
    expect(await letters.replay(id)).toBe('a');
    expect((await all()).map(({ job }) => job?.id)).toEqual(['b']);
    await redis.xReadGroup(GROUP, 'worker', { key: keys.jobs, id: '>' });
    const entry = await new JobQueue(redis, keys).claim('worker', 0);
    expect(entry?.deliveries).toBe(2); // as of any new job that was read, then claimed
    expect(decodeJob(entry?.fields ?? {})).toEqual({
      ...jobOf('a'),
      replyTo: null,
      budgetMs: null,
      resultTtlS: 3600,
      replayed: true,
    });
  });

  test('it is known as queued, and its bytes are counted', async () => {
    const id = await giveUp('a');
    await letters.replay(id);
    const record = JSON.parse((await redis.get(keys.result('a'))) ?? '');
    expect(record).toMatchObject({ status: 'queued', sha256: jobOf('a').sha256 });
    expect(await redis.ttl(keys.result('a'))).toBeGreaterThan(24 * 3600); // however long it waits
    expect(await redis.get(keys.jobBytes)).toBe(`${BYTES.length}`);
  });

  test('it is wanted, whoever withdrew it before', async () => {
    const id = await giveUp('a');
    const queue = new JobQueue(redis, keys);
    await queue.withdraw('a', 60_000);
    await letters.replay(id);
    expect(await queue.isWanted(jobOf('a'))).toBe(true);
  });

  test('it is a letter no more: a second time nothing happens', async () => {
    const id = await giveUp('a');
    await letters.replay(id);
    expect(await letters.replay(id)).toBeNull();
    expect(await redis.xLen(keys.jobs)).toBe(1);
  });
});

test('discarded letters are gone, the others stay', async () => {
  const [first, second] = [await giveUp('a'), await giveUp('b')];
  expect(await letters.discard(first)).toBe(true);
  expect(await letters.discard(first)).toBe(false);
  expect((await all()).map(({ id }) => id)).toEqual([second]);
  await giveUp('c');
  expect(await letters.discardAll()).toBe(2);
  expect(await all()).toEqual([]);
});

test.each(['-', '+', '$', '1', '(1-1', 'a', ''])('no letter has the ID "%s"', async (id) => {
  const [millis, sequence] = (await giveUp('a')).split('-');
  expect(sequence).toBe('0');
  const wrong = id === '1' ? `${millis}` : id; // Redis takes it for the whole millisecond
  expect(await letters.get(wrong)).toBeNull();
  expect(await letters.replay(wrong)).toBeNull();
  expect(await letters.discard(wrong)).toBe(false);
  expect(await letters.count()).toBe(1);
});

describe('an entry that is no letter', () => {
  const header = encodeJob(testJob({ id: 'x', image: BYTES })).header;

  test.each<[string, Record<string, string | Buffer>, string, number]>([
    ['has other fields', { some: 'thing' }, 'it has not the fields of a job', 0],
    ['has no photo', { header }, 'it has not the fields of a job', 0],
    ['has no header', { image: BYTES }, 'it has not the fields of a job', 7],
    ['has a header that is no JSON', { header: '{', image: BYTES }, 'JSON', 7],
    ['lacks a field', { header: header.replace('"topK"', '"k"'), image: BYTES }, 'topK: ', 7],
  ])('%s: it is listed as such, and can only be discarded', async (_, fields, error, bytes) => {
    const id = await redis.xAdd(keys.dead, '*', fields);
    await giveUp('a');
    const unreadable = { id, reason: 'unreadable', job: null, bytes };
    expect(await all()).toMatchObject([
      { ...unreadable, error: expect.stringContaining(error) },
      { job: { id: 'a' } },
    ]);
    await expect(letters.replay(id)).rejects.toThrow(`${id} is no job: `);
    expect(await letters.get(id)).toMatchObject({ ...unreadable, image: fields.image ?? null });
    expect(await redis.xLen(keys.jobs)).toBe(0);
    expect(await letters.discard(id)).toBe(true);
  });

  test('even one from the end of time', async () => {
    await giveUp('a');
    await redis.xAdd(keys.dead, '9999999999999999999-1', { some: 'thing' });
    expect((await all()).map(({ at }) => at.getTime())).toEqual([expect.any(Number), Number.NaN]);
  });
});
