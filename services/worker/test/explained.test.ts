// Class activation maps through the whole worker: a coloured patch is found where it lies in the
// photo, however that was stored, and only who asks for a map gets one.
import { type Answer, decodeCacheEntry, type Explanation } from '@synset/shared';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TestStream } from './stream.ts';
import { turned } from './turned.ts';

let stream: TestStream;

beforeAll(async () => {
  stream = await TestStream.open();
  await stream.startWorker(null, { BATCH_MAX: '4', BATCH_WAIT_MS: '50' });
});

afterAll(() => stream.close());

interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Of the middle square, as shares of its side. */
const quarters: Record<string, Box> = {
  'left top': { left: 0.1, top: 0.12, right: 0.42, bottom: 0.4 },
  'right top': { left: 0.58, top: 0.12, right: 0.9, bottom: 0.4 },
  'left bottom': { left: 0.1, top: 0.6, right: 0.42, bottom: 0.88 },
  'right bottom': { left: 0.58, top: 0.6, right: 0.9, bottom: 0.88 },
};

/** Where such a patch lies in a photo of this size. */
function placed({ left, top, right, bottom }: Box, width: number, height: number): Box {
  const side = Math.min(width, height);
  const [x, y] = [(width - side) / 2, (height - side) / 2];
  return {
    left: Math.round(x + left * side),
    top: Math.round(y + top * side),
    right: Math.round(x + right * side),
    bottom: Math.round(y + bottom * side),
  };
}

/** Green, and red in the box: a Granny Smith for the test card, for which the red does not speak. */
function picture(box: Box, width: number, height: number) {
  const size = { width: box.right - box.left, height: box.bottom - box.top };
  const red = { ...size, channels: 3 as const, background: { r: 225, g: 20, b: 30 } };
  const green = { width, height, channels: 3 as const, background: { r: 45, g: 165, b: 20 } };
  const input = { create: red };
  return sharp({ create: green }).composite([{ input, left: box.left, top: box.top }]);
}

/** The places that do not speak for the best category, in pixels of the photo. */
function found({ area, grids: [grid = []] }: Explanation): Box {
  const dark = grid.flatMap((row, y) => row.flatMap((part, x) => (part < 0.5 ? [{ x, y }] : [])));
  const [xs, ys] = [dark.map(({ x }) => x), dark.map(({ y }) => y)];
  const [cellWidth, cellHeight] = [area.width / 7, area.height / 7];
  return {
    left: area.x + Math.min(...xs) * cellWidth,
    top: area.y + Math.min(...ys) * cellHeight,
    right: area.x + (Math.max(...xs) + 1) * cellWidth,
    bottom: area.y + (Math.max(...ys) + 1) * cellHeight,
  };
}

async function ask(fields: Parameters<TestStream['publishJob']>[0]): Promise<Answer> {
  await stream.publishJob(fields);
  const [reply] = await stream.nextReplies(1);
  if (reply?.status !== 'done') throw new Error(`no answer: ${JSON.stringify(reply)}`);
  return reply;
}

const cases: [string, number, number, number, string][] = [
  ...Object.keys(quarters).map((quarter): [string, number, number, number, string] => [
    'a square',
    300,
    300,
    1,
    quarter,
  ]),
  ['a landscape', 500, 375, 1, 'right top'],
  ['a portrait', 240, 400, 1, 'left bottom'],
  ['a long strip', 6000, 200, 1, 'right bottom'],
  ['a high strip', 200, 6000, 1, 'right top'],
  ['a landscape turned to the right', 500, 375, 6, 'right top'],
  ['a portrait turned to the left', 240, 400, 8, 'left bottom'],
  ['a long strip upside down', 6000, 200, 3, 'right bottom'],
];

test.each(cases)('%s of %i x %i, stored as %i: a patch %s', async (_, width, height, exif, at) => {
  const patch = placed(quarters[at] as Box, width, height);
  const photo = await turned(picture(patch, width, height), exif);
  const answer = await ask({ id: `${width} ${height} ${exif} ${at}`, ...photo, explain: true });
  expect(answer).toMatchObject({ width, height });
  const { explanation } = answer;
  if (!explanation) throw new Error('not explained');
  const side = Math.min(width, height);
  const seen = found(explanation);
  // A place is an eighth of the side; the network looks at its upper left corner, not at its middle.
  const near = 0.75 * (side / 8);
  for (const edge of ['left', 'top', 'right', 'bottom'] as const) {
    expect(Math.abs(seen[edge] - patch[edge]), edge).toBeLessThan(near);
  }
});

const size = 300;
const photoOf = (at: string) =>
  turned(picture(placed(quarters[at] as Box, size, size), size, size), 1);

test('of a batch only those are explained that ask, each by its own map', async () => {
  const asking = ['left top', 'right bottom'];
  const all = Object.keys(quarters);
  const jobs = await Promise.all(
    all.map(async (id) => ({ id, ...(await photoOf(id)), explain: asking.includes(id) })),
  );
  await Promise.all(jobs.map((job) => stream.publishJob(job)));
  const replies = await stream.nextReplies(all.length);
  for (const reply of replies as Answer[]) {
    expect('explanation' in reply).toBe(asking.includes(reply.jobId));
    if (!reply.explanation) continue;
    const [seen, patch] = [
      found(reply.explanation),
      placed(quarters[reply.jobId] as Box, size, size),
    ];
    expect(Math.abs(seen.left - patch.left)).toBeLessThan(size / 8);
    expect(Math.abs(seen.top - patch.top)).toBeLessThan(size / 8);
  }
});

test('no more categories are explained than asked for; the cache has five, by its own key', async () => {
  const photo = { ...(await photoOf('left top')), sha256: 'ab' };
  const answer = await ask({ id: 'explained', ...photo, explain: true, topK: 2 });
  expect(answer.explanation?.grids).toHaveLength(2);
  const plain = await ask({ id: 'plain', ...photo, topK: 2 });
  expect(plain).not.toHaveProperty('explanation');
  expect(plain.categories).toEqual(answer.categories);
  const entry = async (explain: boolean) => {
    const [key = ''] = await stream.redis.keys(stream.keys.cache('ab', '*', explain));
    return decodeCacheEntry((await stream.redis.get(key)) ?? '');
  };
  const [explained, without] = [await entry(true), await entry(false)];
  expect(explained.explanation?.area).toEqual(answer.explanation?.area);
  expect(explained.explanation?.grids).toHaveLength(5);
  expect(explained.explanation?.grids.slice(0, 2)).toEqual(answer.explanation?.grids);
  expect(without).toEqual({ ...explained, explanation: undefined });
});

test('it says whether it is sure, however few categories are asked for', async () => {
  const sure = await turned(picture({ left: 0, top: 0, right: size, bottom: size }, size, size), 1);
  expect(await ask({ id: 'sure', ...sure, topK: 1 })).toMatchObject({ confident: true });
});
