// What a decoder says that its pixels show is what they show: measured on pictures whose colours
// tell where in the photo a pixel comes from.
import { PIXELS_BYTES, PIXELS_SIDE } from '@synset/shared';
import sharp from 'sharp';
import { afterAll, describe, expect, test } from 'vitest';
import { SIDE } from '../src/backend/backend.ts';
import { Decoder } from '../src/decoder/decoder.ts';
import { turned } from './turned.ts';

/** Red tells x and green y, in steps that fill the middle square of the picture. */
function slopes(width: number, height: number): Uint8Array {
  const steps = stepsOf(width, height);
  const value = (at: number, size: number) =>
    Math.max(0, Math.min(255, Math.round(128 + (at + 0.5 - size / 2) * steps)));
  return Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
    return [value(x, width), value(y, height), 128][i % 3] ?? 0;
  });
}

const stepsOf = (width: number, height: number) => 240 / Math.min(width, height);

/** The line through the mean of each column or row, as the places of the first and the last edge. */
function measured(pixels: Uint8Array, channel: 0 | 1, size: number, steps: number) {
  const stride = channel === 0 ? 3 : 3 * SIDE;
  const across = channel === 0 ? 3 * SIDE : 3;
  const means = Array.from({ length: SIDE }, (_, i) => {
    let sum = 0;
    for (let k = 0; k < SIDE; k++) sum += pixels[i * stride + k * across + channel] ?? 0;
    return size / 2 + (sum / SIDE - 128) / steps;
  });
  const centre = (SIDE - 1) / 2;
  const mean = means.reduce((a, b) => a + b) / SIDE;
  const slope =
    means.reduce((sum, at, i) => sum + (i - centre) * (at - mean), 0) /
    means.reduce((sum, _, i) => sum + (i - centre) ** 2, 0);
  return { from: mean - (slope * SIDE) / 2, length: slope * SIDE };
}

describe.each(['sharp', 'jimp'] as const)('%s', async (name) => {
  const decoder = await Decoder.create({ decoder: name, maxPixels: 1e7, maxDecodePixels: 1e7 });

  afterAll(() => decoder.close());

  test.each([
    ['a landscape', 500, 375, 1],
    ['a portrait', 301, 420, 1],
    ['a square', 256, 256, 1],
    ['a small one', 64, 50, 1],
    ['a wide strip', 8000, 240, 1],
    ['a high strip', 240, 6001, 1],
    ['a landscape turned to the right', 500, 375, 6],
    ['a portrait turned to the left', 301, 420, 8],
    ['a strip turned to the left', 8000, 240, 8],
    ['a landscape upside down', 500, 375, 3],
  ])('%s', async (_, width, height, orientation) => {
    const raw = { width, height, channels: 3 as const };
    const photo = await turned(sharp(slopes(width, height), { raw }), orientation);
    const { pixels, area, ...upright } = await decoder.decode(photo);
    expect(upright).toMatchObject({ width, height });
    const steps = stepsOf(width, height);
    const [x, y] = [measured(pixels, 0, width, steps), measured(pixels, 1, height, steps)];
    // jimp's JPEG decoder cuts fractions off, which is half a step.
    const tolerance = 0.6 / steps;
    expect(Math.abs(area.x - x.from)).toBeLessThan(tolerance);
    expect(Math.abs(area.y - y.from)).toBeLessThan(tolerance);
    expect(Math.abs(area.width - x.length)).toBeLessThan(tolerance);
    expect(Math.abs(area.height - y.length)).toBeLessThan(tolerance);
  });
});

test('pixels as the model takes them are all of the photo', async () => {
  const decoder = await Decoder.create({ decoder: 'auto', maxPixels: 1e6, maxDecodePixels: 1e6 });
  const [image, side] = [Buffer.alloc(PIXELS_BYTES), PIXELS_SIDE];
  const photo = { image, format: 'rgb224', width: side, height: side, orientation: 1 } as const;
  const { area } = await decoder.decode(photo);
  expect(area).toEqual({ x: 0, y: 0, width: side, height: side });
});
