import { type Format, Problem, sniffFormat } from '@synset/shared';
import { type Encoding, halves, hugePng, plain, type Rgb, testPhoto } from '@synset/shared/testing';
import sharp from 'sharp';
import { afterAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { Decoder } from '../src/decoder/decoder.ts';
import { CROP_SIDE, type Photo } from '../src/decoder/geometry.ts';
import { meanDifference } from './parity.ts';

const limits = { maxPixels: 50_000_000, maxDecodePixels: 60_000_000 };
const bySharp = await Decoder.create({ decoder: 'sharp', ...limits });
const byJimp = await Decoder.create({ decoder: 'jimp', ...limits });
const byEither = await Decoder.create({ decoder: 'auto', ...limits });

afterAll(async () => {
  await Promise.all([bySharp.close(), byJimp.close(), byEither.close()]);
});

function photo(image: Buffer, width: number, height: number, orientation = 1): Photo {
  return { image, format: sniffFormat(image) as Format, width, height, orientation };
}

const RED: Rgb = [200, 30, 40];
const BLUE: Rgb = [20, 60, 220];

/** Colour at a place of the 224 x 224 pixels, given as parts of its side. */
function colourAt(pixels: Uint8Array, x: number, y: number): number[] {
  const at = (Math.floor(y * CROP_SIDE) * CROP_SIDE + Math.floor(x * CROP_SIDE)) * 3;
  return [...pixels.subarray(at, at + 3)];
}

function expectColour(actual: number[], expected: Rgb, tolerance = 4) {
  for (const [i, value] of actual.entries()) {
    expect(
      Math.abs(value - (expected[i] as number)),
      `${actual} for ${expected}`,
    ).toBeLessThanOrEqual(tolerance);
  }
}

const cases: [string, Decoder, Encoding[]][] = [
  ['sharp', bySharp, ['jpeg', 'png', 'webp', 'avif', 'gif', 'tiff']],
  ['jimp', byJimp, ['jpeg', 'png', 'gif', 'tiff', 'bmp']],
  ['auto', byEither, ['jpeg', 'png', 'webp', 'avif', 'gif', 'tiff', 'bmp']],
];

describe.each(cases)('%s', (_, decoder, encodings) => {
  test.each(encodings)('reads %s', async (encoding) => {
    const decoded = await decoder.decode(photo(await plain(RED, encoding), 300, 280));
    expect(decoded).toMatchObject({ width: 300, height: 280 });
    expect(decoded.pixels).toHaveLength(CROP_SIDE * CROP_SIDE * 3);
    expectColour(colourAt(decoded.pixels, 0.5, 0.5), RED);
  });

  test('lays a transparent photo on white', async () => {
    const background = { r: 10, g: 20, b: 30, alpha: 0 };
    const create = { width: 300, height: 300, channels: 4 as const, background };
    const image = await sharp({ create }).png().toBuffer();
    const { pixels } = await decoder.decode(photo(image, 300, 300));
    expectColour(colourAt(pixels, 0.5, 0.5), [255, 255, 255], 0);
  });

  // After turning, the red half is: left, right, right, left, top, top, bottom, bottom.
  test.each([
    [1, 0.1, 0.5],
    [2, 0.9, 0.5],
    [3, 0.9, 0.5],
    [4, 0.1, 0.5],
    [5, 0.5, 0.1],
    [6, 0.5, 0.1],
    [7, 0.5, 0.9],
    [8, 0.5, 0.9],
  ])('turns EXIF orientation %i upright', async (orientation, x, y) => {
    const image = await halves(RED, BLUE, 400, 300).jpeg().withMetadata({ orientation }).toBuffer();
    const decoded = await decoder.decode(photo(image, 400, 300, orientation));
    expectColour(colourAt(decoded.pixels, x, y), RED, 6);
    expectColour(colourAt(decoded.pixels, 1 - x, 1 - y), BLUE, 6);
    const [width, height] = orientation >= 5 ? [300, 400] : [400, 300];
    expect(decoded).toMatchObject({ width, height });
  });

  test.each([
    ['grey', () => sharp(testPhoto('nagasaki-boats')).greyscale().jpeg()],
    ['progressive', () => sharp(testPhoto('nagasaki-boats')).jpeg({ progressive: true })],
    ['CMYK', () => sharp(testPhoto('nagasaki-boats')).toColourspace('cmyk').jpeg()],
    ['16-bit', () => sharp(testPhoto('nagasaki-boats')).toColourspace('rgb16').png()],
    ['palette', () => sharp(testPhoto('nagasaki-boats')).png({ palette: true })],
  ])('reads a %s photo', async (_name, encode) => {
    const { data, info } = await encode().toBuffer({ resolveWithObject: true });
    const { pixels } = await decoder.decode(photo(data, info.width, info.height));
    const { pixels: plainPixels } = await bySharp.decode(
      photo(testPhoto('nagasaki-boats'), info.width, info.height),
    );
    const tolerance = _name === 'grey' || _name === 'CMYK' ? 60 : 12;
    expect(meanDifference(pixels, plainPixels)).toBeLessThan(tolerance);
  });

  test.each([1, 2, 3])('reads a photo of %i pixel', async (side) => {
    const { pixels } = await decoder.decode(photo(await plain(RED, 'png', side, side), side, side));
    expectColour(colourAt(pixels, 0.5, 0.5), RED);
  });

  test.each([
    [1, 60_000],
    [60_000, 1],
    [30_000, 3],
    [100, 1601],
  ])('reads a strip of %i x %i', async (width, height) => {
    const { pixels } = await decoder.decode(
      photo(await plain(RED, 'png', width, height), width, height),
    );
    expectColour(colourAt(pixels, 0.1, 0.9), RED);
  });

  test.each([
    ['a truncated JPEG', (file: Buffer) => file.subarray(0, file.length / 2)],
    [
      'a JPEG of noise',
      (file: Buffer) => Buffer.concat([file.subarray(0, 600), Buffer.alloc(9000, 77)]),
    ],
  ])('%s is unreadable', async (_name, spoil) => {
    const { width, height } = await sharp(testPhoto('nagasaki-boats')).metadata();
    const file = spoil(testPhoto('nagasaki-boats'));
    const decoding = decoder.decode(photo(file, width, height));
    await expect(decoding).rejects.toMatchObject({ code: 'IMAGE_UNREADABLE' });
  });

  test('a photo above the limit is refused before it is decoded', async () => {
    const decoding = decoder.decode(photo(hugePng(20_000, 20_000), 20_000, 20_000));
    await expect(decoding).rejects.toMatchObject({ code: 'TOO_MANY_PIXELS' });
  });
});

test('who waits for others to be decoded may give up, and is asked for it only then', async () => {
  const decoder = await Decoder.create({ decoder: 'sharp', maxPixels: 1e6, maxDecodePixels: 1e6 });
  onTestFinished(() => decoder.close());
  const late = new AbortController();
  const asked = vi.fn(() => late.signal);
  const [large, small] = await Promise.all([plain(RED, 'png', 1000, 1000), plain(RED, 'png')]);
  const first = decoder.decode(photo(large, 1000, 1000), asked);
  expect(asked).not.toHaveBeenCalled();
  const second = decoder.decode(photo(small, 300, 280), asked);
  late.abort(new Error('late'));
  await expect(second).rejects.toThrow('late');
  await first;
});

test('the two decoders agree on real photos', async () => {
  for (const name of ['nagasaki-boats', 'locomotion-house-cat', 'dust-bowl-home'] as const) {
    const { width, height } = await sharp(testPhoto(name)).metadata();
    const input = photo(testPhoto(name), width, height);
    const [a, b] = await Promise.all([bySharp.decode(input), byJimp.decode(input)]);
    expect(meanDifference(a.pixels, b.pixels)).toBeLessThan(4);
  }
});

test('sharp decodes not one pixel more than the header promised', async () => {
  const image = await plain(RED, 'png', 400, 400);
  const decoding = bySharp.decode(photo(image, 300, 300));
  await expect(decoding).rejects.toMatchObject({ code: 'IMAGE_UNREADABLE' });
});

test('a decoder that cannot read a format is named', async () => {
  const decoding = byJimp.decode(photo(await plain(RED, 'webp'), 300, 280));
  await expect(decoding).rejects.toThrow(Problem);
  await expect(decoding).rejects.toMatchObject({
    code: 'UNSUPPORTED_FORMAT',
    message: 'WebP cannot be read by the decoder in use (jimp).',
  });
});

test('jimp takes no more than 16 million pixels', async () => {
  const decoding = byJimp.decode(photo(hugePng(4001, 4000), 4001, 4000));
  await expect(decoding).rejects.toThrow(
    '16004000 pixels; the jimp decoder takes at most 16000000',
  );
});

test('jimp does not hold the thread that talks to Redis', async () => {
  const image = await sharp(testPhoto('nagasaki-boats'))
    .resize(3000, 2000, { fit: 'fill' })
    .png()
    .toBuffer();
  let ticks = 0;
  const timer = setInterval(() => ticks++, 5);
  await byJimp.decode(photo(image, 3000, 2000));
  clearInterval(timer);
  expect(ticks).toBeGreaterThan(10);
});

describe('files that jimp would read wrongly or at any cost', () => {
  /** An uncompressed or run-length BMP header; its pixels lie at `offset`. */
  function bmp(bits: number, compression: number, offset: number, size: number): Buffer {
    const file = Buffer.alloc(size);
    file.write('BM', 0, 'latin1');
    file.writeUInt32LE(offset, 10);
    file.writeUInt32LE(40, 14);
    file.writeInt32LE(16, 18);
    file.writeInt32LE(16, 22);
    file.writeUInt16LE(1, 26);
    file.writeUInt16LE(bits, 28);
    file.writeUInt32LE(compression, 30);
    return file;
  }

  test('a BMP whose pixels lie after a gap', async () => {
    const file = bmp(24, 0, 154, 154 + 16 * 16 * 3);
    for (let at = 154; at < file.length; at += 3) file.set([40, 30, 200], at); // blue, green, red
    const { pixels } = await byEither.decode(photo(file, 16, 16));
    expectColour(colourAt(pixels, 0.5, 0.5), RED, 0);
  });

  test('a run-length compressed BMP is refused', async () => {
    const decoding = byEither.decode(photo(bmp(8, 1, 54, 2000), 16, 16));
    await expect(decoding).rejects.toThrow('Run-length compressed BMP');
  });

  test('a PNG with a second header is refused', async () => {
    const [small, large] = [hugePng(10, 10), hugePng(30_000, 30_000)];
    const file = Buffer.concat([small.subarray(0, 33), large.subarray(8)]);
    await expect(byJimp.decode(photo(file, 10, 10))).rejects.toThrow('more than one header');
  });

  test('a GIF with a frame larger than its screen is refused', async () => {
    const file = await plain(RED, 'gif');
    file.writeUInt16LE(10, 6);
    file.writeUInt16LE(10, 8);
    await expect(byJimp.decode(photo(file, 10, 10))).rejects.toThrow('larger than its screen');
  });

  test('a TIFF whose directories form a loop is refused', async () => {
    const file = Buffer.alloc(8 + 2 + 2 * 12 + 4);
    file.write('II*\0', 0, 'latin1');
    file.writeUInt32LE(8, 4); // the first directory
    file.writeUInt16LE(2, 8);
    for (const [i, tag] of [256, 257].entries()) {
      file.writeUInt16LE(tag, 10 + i * 12);
      file.writeUInt16LE(3, 12 + i * 12);
      file.writeUInt32LE(1, 14 + i * 12);
      file.writeUInt16LE(16, 18 + i * 12);
    }
    file.writeUInt32LE(8, 34); // the next one is the first again
    await expect(byJimp.decode(photo(file, 16, 16))).rejects.toThrow('no end of directories');
  });
});

describe('an orientation that the header reader did not see', () => {
  const upright = { width: 300, height: 400 };

  test.each(['webp', 'jpeg', 'png', 'avif', 'tiff'] as const)('%s', async (encoding) => {
    const picture = halves(RED, BLUE, 400, 300).withMetadata({ orientation: 6 });
    const image = await picture.toFormat(encoding).toBuffer();
    const { width, height } = await sharp(image).metadata();
    const decoded = await bySharp.decode(photo(image, width, height));
    expect(decoded).toMatchObject(upright);
    expectColour(colourAt(decoded.pixels, 0.5, 0.1), RED, 12);
    expectColour(colourAt(decoded.pixels, 0.5, 0.9), BLUE, 12);
  });

  test('EXIF data behind the frame header of a JPEG', async () => {
    const plainJpeg = await halves(RED, BLUE, 400, 300).jpeg().toBuffer();
    const turned = await sharp(plainJpeg).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    const at = turned.indexOf('Exif') - 4;
    const segment = turned.subarray(at, at + 2 + turned.readUInt16BE(at + 2));
    const scan = plainJpeg.lastIndexOf(Buffer.from([0xff, 0xda]));
    const late = Buffer.concat([plainJpeg.subarray(0, scan), segment, plainJpeg.subarray(scan)]);
    expect(await bySharp.decode(photo(late, 400, 300))).toMatchObject(upright);
  });
});
