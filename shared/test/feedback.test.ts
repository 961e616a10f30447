import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, inject, onTestFinished, test } from 'vitest';
import { type Feedback, FeedbackStore, FIRST_CURSOR } from '../src/feedback.ts';
import { MAX_FEEDBACK, MAX_FEEDBACK_BYTES, MAX_PHOTO_BYTES } from '../src/feedback-scripts.ts';
import { createKeys, type Keys } from '../src/keys.ts';
import { createRedis, type Redis } from '../src/redis.ts';
import { randomPrefix, silentLog, startTestRedis } from '../src/testing/index.ts';

/** No UTF-8. */
const PHOTO = Buffer.from([0xff, 0xd8, 0x00, 0xc3, 0x28]);
const OTHER = Buffer.from([0xff, 0xd8, 0x01]);
const sha256 = (photo: Buffer) => createHash('sha256').update(photo).digest('hex');

let redis: Redis;
let keys: Keys;
let store: FeedbackStore;

beforeEach(async () => {
  redis = createRedis({ url: inject('redisUrl'), name: 'test', log: silentLog });
  await redis.connect();
  keys = createKeys(randomPrefix());
  store = new FeedbackStore(redis, keys);
});

afterEach(async () => {
  const left = await redis.keys(keys.feedback.replace('feedback', '*'));
  if (left.length > 0) await redis.del(left);
  redis.destroy();
});

const right = (id: string, photo = PHOTO): Feedback => ({
  id,
  correct: true,
  predicted: { index: 281, score: 0.87 },
  label: null,
  comment: null,
  model: { name: 'fake', trained: true },
  sha256: sha256(photo),
});

const wrong = (id: string, photo = PHOTO): Feedback => ({
  ...right(id, photo),
  correct: false,
  label: 282,
  comment: 'a tiger,\n"striped" <b>',
});

const all = () => store.list({ after: FIRST_CURSOR, limit: 1000 });
const photoBytes = async () => Number((await redis.get(keys.feedbackPhotoBytes)) ?? 0);

describe('one entry', () => {
  test('has all that was said, and when', async () => {
    const before = Date.now();
    expect(await store.keep(wrong('a'), null)).toEqual({ photoKept: false });
    const [entry, ...others] = await all();
    expect(others).toEqual([]);
    const { entry: id, at } = entry ?? { entry: '', at: '' };
    expect(entry).toEqual({ ...wrong('a'), entry: id, at, hasPhoto: false });
    expect(id).toMatch(/^\d+-\d+$/);
    expect(Math.abs(Date.parse(at) - before)).toBeLessThan(60_000);
    expect(await store.latest(10)).toEqual([entry]);
    expect(await store.counts()).toEqual([{ index: 281, right: 0, wrong: 1 }]);
  });

  test('said again it stays as it is', async () => {
    await store.keep(wrong('a'), PHOTO);
    const before = await all();
    expect(await store.keep(wrong('a'), PHOTO)).toEqual({ photoKept: true });
    expect(await all()).toEqual(before);
    expect(await store.counts()).toEqual([{ index: 281, right: 0, wrong: 1 }]);
    expect(await photoBytes()).toBe(PHOTO.length);
  });

  test('another opinion takes its place, behind all others', async () => {
    await store.keep(wrong('a'), null);
    await store.keep(right('b'), null);
    await store.keep(right('a'), null);
    expect((await all()).map(({ id, correct }) => [id, correct])).toEqual([
      ['b', true],
      ['a', true],
    ]);
    expect((await store.latest(1))[0]?.id).toBe('a');
    expect(await store.counts()).toEqual([{ index: 281, right: 2, wrong: 0 }]);
    expect(await redis.hLen(keys.feedbackIndex)).toBe(2);
  });

  test('many at the same time leave one, and its count', async () => {
    const opinions = Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? right : wrong)('a'));
    await Promise.all(
      opinions.map((opinion, i) => store.keep(opinion, i % 3 === 0 ? PHOTO : null)),
    );
    const entries = await all();
    expect(entries).toHaveLength(1);
    const correct = entries[0]?.correct;
    expect(await store.counts()).toEqual([
      { index: 281, right: correct ? 1 : 0, wrong: correct ? 0 : 1 },
    ]);
    const held = entries[0]?.hasPhoto;
    expect(await store.photo(sha256(PHOTO))).toEqual(held ? PHOTO : null);
    expect(await photoBytes()).toBe(held ? PHOTO.length : 0);
  });
});

describe('photos', () => {
  test('are kept once, byte for byte, until the last entry that has them goes', async () => {
    await store.keep(right('a'), PHOTO);
    await store.keep(wrong('b'), PHOTO);
    expect((await all()).map(({ hasPhoto }) => hasPhoto)).toEqual([true, true]);
    expect(await photoBytes()).toBe(PHOTO.length);
    await store.keep(right('a'), null);
    expect(await store.photo(sha256(PHOTO))).toEqual(PHOTO);
    await store.keep(wrong('b'), null);
    expect(await store.photo(sha256(PHOTO))).toBeNull();
    expect(await photoBytes()).toBe(0);
    expect(await redis.exists(keys.feedbackPhotoUses)).toBe(0);
  });

  test('come to what was said without them', async () => {
    await store.keep(right('a'), null);
    expect(await store.keep(right('a'), PHOTO)).toEqual({ photoKept: true });
    expect((await all()).map(({ hasPhoto }) => hasPhoto)).toEqual([true]);
  });

  test('without room for them, what was said is kept all the same', async () => {
    await redis.set(keys.feedbackPhotoBytes, MAX_PHOTO_BYTES - PHOTO.length);
    expect(await store.keep(right('a'), PHOTO)).toEqual({ photoKept: true });
    expect(await store.keep(right('b', OTHER), OTHER)).toEqual({ photoKept: false });
    // It takes no more room.
    expect(await store.keep(right('c'), PHOTO)).toEqual({ photoKept: true });
    expect((await all()).map(({ hasPhoto }) => hasPhoto)).toEqual([true, false, true]);
    expect(await store.photo(sha256(OTHER))).toBeNull();
  });
});

describe('paging', () => {
  test('gives every entry once, and those that were replaced meanwhile anew', async () => {
    const ids = Array.from({ length: 20 }, (_, i) => `id-${i}`);
    for (const id of ids) await store.keep(right(id), null);
    const seen: string[] = [];
    let after = FIRST_CURSOR;
    for (let page = 0; ; page++) {
      const entries = await store.list({ after, limit: 3 });
      const last = entries.at(-1);
      if (!last) break;
      seen.push(...entries.map(({ id, correct }) => `${id} ${correct}`));
      after = last.entry;
      if (page === 1) {
        await store.keep(wrong('id-1'), null); // read before
        await store.keep(wrong('id-5'), null); // the cursor itself
        await store.keep(wrong('id-15'), null); // to be read
        await store.keep(right('new'), null);
      }
    }
    const kept = ids.filter((id) => id !== 'id-15').map((id) => `${id} true`);
    expect(seen).toEqual([...kept, 'id-1 false', 'id-5 false', 'id-15 false', 'new true']);
  });

  test('goes on where all that was read is removed', async () => {
    await store.keep(right('a'), null);
    const after = (await all())[0]?.entry ?? '';
    await store.remove([after]);
    await store.keep(right('b'), null);
    expect((await store.list({ after, limit: 9 })).map(({ id }) => id)).toEqual(['b']);
  });
});

test('removed entries leave nothing, and the others alone', async () => {
  await store.keep(wrong('a'), PHOTO);
  await store.keep(right('b', OTHER), OTHER);
  const [first, second] = await all();
  await store.keep(wrong('b', OTHER), OTHER); // replaced after it was read
  expect(await store.remove([first?.entry ?? '', second?.entry ?? '', '1-1'])).toBe(1);
  expect((await all()).map(({ id }) => id)).toEqual(['b']);
  expect(await store.photo(sha256(PHOTO))).toBeNull();
  expect(await store.photo(sha256(OTHER))).toEqual(OTHER);
  expect(await store.counts()).toEqual([{ index: 281, right: 0, wrong: 1 }]);
  const [last] = await all();
  await store.remove([last?.entry ?? '']);
  const left = await redis.keys(keys.feedback.replace('feedback', '*'));
  expect(left.sort()).toEqual([keys.feedback, keys.feedbackPhotoBytes].sort());
  expect(await photoBytes()).toBe(0);
});

test('with all the entries that may be kept no new one comes, but another opinion does', async () => {
  await store.keep(right('a'), null);
  const fill = `for i = 2, tonumber(ARGV[1]) do
    redis.call('XADD', KEYS[1], '*', 'id', i, 'said', '{}', 'verdict', '0:right', 'photo', '') end`;
  await redis.eval(fill, { keys: [keys.feedback], arguments: [`${MAX_FEEDBACK}`] });
  await expect(store.keep(right('b'), null)).rejects.toMatchObject({
    code: 'QUEUE_FULL',
    message: expect.stringContaining(`${MAX_FEEDBACK}`),
  });
  expect(await redis.hGet(keys.feedbackIndex, 'b')).toBeNull();
  expect(await store.counts()).toEqual([{ index: 281, right: 1, wrong: 0 }]);
  await store.keep(wrong('a'), null);
  expect((await store.latest(1))[0]).toMatchObject({ id: 'a', correct: false });
});

test('long comments have a limit of their own', async () => {
  const fill = `for i = 1, tonumber(ARGV[1]) do
    redis.call('XADD', KEYS[1], '*', 'id', i, 'said', string.rep('x', 1048576), 'verdict', '0:right', 'photo', '') end`;
  const megabytes = `${MAX_FEEDBACK_BYTES / 1024 / 1024}`;
  await redis.eval(fill, { keys: [keys.feedback], arguments: [megabytes] });
  const refused = { code: 'QUEUE_FULL', message: expect.stringContaining(`${MAX_FEEDBACK_BYTES}`) };
  await expect(store.keep(right('a'), null)).rejects.toMatchObject(refused);
});

test('above four fifths of the memory nothing is kept, and nothing half', async () => {
  const own = await startTestRedis({ args: ['--maxmemory', '20mb'] });
  onTestFinished(() => own.stop());
  const client = createRedis({ url: own.url, name: 'test', log: silentLog });
  await client.connect();
  onTestFinished(() => client.destroy());
  const full = new FeedbackStore(client, keys);
  await full.keep(wrong('a'), PHOTO);
  const before = await full.list({ after: FIRST_CURSOR, limit: 9 });
  // No room for this one, though there is some.
  const large = Buffer.alloc(6 * 1024 * 1024);
  expect(await full.keep(right('b', large), large)).toEqual({ photoKept: false });
  await client.setRange('ballast', 17 * 1024 * 1024, 'x');
  const refused = { code: 'QUEUE_FULL', message: expect.stringContaining('memory') };
  await expect(full.keep(right('c'), null)).rejects.toMatchObject(refused);
  await expect(full.keep(right('a'), PHOTO)).rejects.toMatchObject(refused);
  expect(await full.keep(wrong('a'), PHOTO)).toEqual({ photoKept: true });
  const entries = await full.list({ after: FIRST_CURSOR, limit: 9 });
  expect(entries.slice(0, 1)).toEqual(before);
  expect(entries.map(({ id }) => id)).toEqual(['a', 'b']);
  // An operator can make room all the same.
  expect(await full.remove(entries.map(({ entry }) => entry))).toBe(2);
  expect(await full.counts()).toEqual([]);
});
