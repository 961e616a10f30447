// The right answer for a photo, through the whole service: HTTP, Redis, decoder, model.
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Encoding,
  halves,
  hugePng,
  plain,
  type Rgb,
  testDataDir,
  testPhoto,
} from '@synset/shared/testing';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { predict, startSystem, type TestSystem } from './system.ts';

const colours: [string, Rgb][] = [
  ['orange', [255, 150, 0]],
  ['lemon', [252, 235, 20]],
  ['Granny Smith', [45, 165, 20]],
  ['strawberry', [225, 20, 30]],
];

const setups: [string, string, Encoding[]][] = [
  ['testcard-int8', 'auto', ['png', 'jpeg', 'webp', 'avif', 'bmp', 'gif', 'tiff']],
  ['testcard', 'jimp', ['png', 'jpeg', 'bmp']],
];

describe.each(setups)('%s, decoder %s', (model, decoder, encodings) => {
  let system: TestSystem;

  beforeAll(async () => {
    system = await startSystem({ MODEL: model, DECODER: decoder });
  });

  afterAll(() => system.end());

  test.each(encodings)('each plain colour gets its category: %s', async (encoding) => {
    for (const [category, rgb] of colours) {
      const answer = await predict(system.url, await plain(rgb, encoding));
      expect(answer).toMatchObject({ status: 200, prediction: category, model: { name: model } });
      expect(answer.score).toBeGreaterThan(0.9);
    }
  });

  test('why it is that category, where that is asked for', async () => {
    // A Granny Smith on the left, a browner part of it on the right.
    const photo = await halves([45, 165, 20], [110, 125, 25], 600, 400).png().toBuffer();
    const asked = await predict(system.url, photo, '?explain=true&topK=3');
    const { explanation, predictions } = asked;
    if (!explanation) throw new Error('not explained');
    const { category, grid, area, others } = explanation;
    expect([category, ...others.map((other) => other.category)]).toEqual(
      predictions.map(({ index }) => index),
    );
    // The short side becomes 256, of which 224 are seen.
    expect(area).toEqual({ x: 125, y: 25, width: 350, height: 350 });
    expect(asked.prediction).toBe('Granny Smith');
    const [left, right] = [grid.map((row) => row.slice(0, 3)), grid.map((row) => row.slice(4))];
    expect(Math.min(...left.flat())).toBeGreaterThan(0.9);
    expect(Math.max(...right.flat())).toBeLessThan(0.8);
    expect(await predict(system.url, photo)).not.toHaveProperty('explanation');
  });

  test('what cannot be read gets its code, and the next photo its answer', async () => {
    const good = testPhoto('dust-bowl-home');
    const bad: [string, Buffer][] = [
      ['IMAGE_UNREADABLE', good.subarray(0, good.length / 2)],
      ['TOO_MANY_PIXELS', hugePng(20_000, 20_000)],
      ['UNSUPPORTED_FORMAT', Buffer.from('a text file')],
      ['UNSUPPORTED_FORMAT', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')],
      ['FILE_EMPTY', Buffer.alloc(0)],
    ];
    for (const [code, file] of bad) {
      expect(await predict(system.url, file)).toMatchObject({ code, prediction: null });
      expect(await predict(system.url, good)).toMatchObject({ status: 200 });
    }
  });
});

interface Expected {
  photos: { file: string; top5: { index: number; probability: number }[] }[];
}

/** Both numbers of the issue: at least 59 of 60 right, each within 0.05 of the reference. */
const MIN_RIGHT = 59;
const TOLERANCE = 0.05;
const MIN_SURE = 55;

test.skipIf(!testDataDir)(
  'a trained model from a card knows real photos (needs SYNSET_TEST_DATA)',
  async () => {
    const dir = await mkdtemp(join(tmpdir(), 'synset-card-'));
    const card = join(dir, 'mobilenet.json');
    const file = join(testDataDir as string, 'models/imagenet-mobilenetv2.onnx');
    await writeFile(card, JSON.stringify({ name: 'mobilenetv2', file, trained: true }));
    const system = await startSystem({ MODEL: card });
    onTestFinished(async () => {
      await system.end();
      await rm(dir, { recursive: true });
    });
    const photos = join(testDataDir as string, 'photos');
    const expected: Expected = JSON.parse(readFileSync(join(photos, 'expected.json'), 'utf8'));
    let right = 0;
    let sure = 0;
    for (const { file: name, top5 } of expected.photos) {
      const answer = await predict(system.url, readFileSync(join(photos, name)));
      const [best, reference] = [answer.predictions[0], top5[0]];
      if (answer.confident) sure++;
      if (
        best &&
        best.index === reference?.index &&
        Math.abs(best.score - reference.probability) <= TOLERANCE
      )
        right++;
    }
    expect(expected.photos).toHaveLength(60);
    expect(right).toBeGreaterThanOrEqual(MIN_RIGHT);
    // Those are clear photos, and it knows them all, but it is not sure of four.
    expect(sure).toBeGreaterThanOrEqual(MIN_SURE);
    expect(sure).toBeLessThan(expected.photos.length);
  },
  120_000,
);
