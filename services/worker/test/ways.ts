// Ways to preprocess: the decoders as they are, and what they could have been.
import { type Format, sniffFormat } from '@synset/shared';
import { Jimp, ResizeStrategy } from 'jimp';
import sharp, { type ResizeOptions, type SharpOptions } from 'sharp';
import type { Decoder } from '../src/decoder/decoder.ts';
import { geometry } from '../src/decoder/geometry.ts';
import { decodeWhole, type Way } from './parity.ts';
import { reference } from './reference.ts';

/** The decoder of the worker. */
export const asIs =
  (decoder: Decoder): Way =>
  async ({ image, width, height }) => {
    const format = sniffFormat(image) as Format;
    const { orientation } = await sharp(image).metadata();
    // The header's size is that before orientation.
    const turned = (orientation ?? 1) >= 5;
    const size = turned ? { width: height, height: width } : { width, height };
    return (await decoder.decode({ image, format, orientation: orientation ?? 1, ...size })).pixels;
  };

const bySharp =
  (resize: ResizeOptions, options: SharpOptions = { ignoreIcc: true }): Way =>
  async ({ image, width, height }) => {
    const { resized, crop } = geometry({ width, height });
    const source = sharp(image, { sequentialRead: true, ...options }).autoOrient();
    source.resize({ ...resized, fit: 'fill', ...resize }).extract(crop);
    source.flatten({ background: '#ffffff' }).toColourspace('srgb');
    return await source.raw({ depth: 'uchar' }).toBuffer();
  };

const byJimp =
  (mode?: ResizeStrategy): Way =>
  async ({ image }) => {
    const limits = { tolerantDecoding: false, maxMemoryUsageInMB: 512 };
    const read = await Jimp.fromBuffer(image, { 'image/jpeg': limits });
    const { resized, crop } = geometry(read);
    const size = { w: resized.width, h: resized.height };
    read.resize(mode === undefined ? size : { ...size, mode });
    read.crop({ x: crop.left, y: crop.top, w: crop.width, h: crop.height });
    return Uint8Array.from(read.bitmap.data.filter((_, i) => i % 4 !== 3));
  };

/** Named as in the table. */
export const alternatives: Record<string, Way> = {
  'the reference itself': async ({ image }) => reference(await decodeWhole(image)),
  'sharp: linear': bySharp({ kernel: 'linear' }),
  'sharp: linear, profiles applied': bySharp({ kernel: 'linear' }, {}),
  'sharp: linear, fastShrinkOnLoad off': bySharp({ kernel: 'linear', fastShrinkOnLoad: false }),
  'sharp: linear, sequentialRead off': bySharp(
    { kernel: 'linear' },
    { ignoreIcc: true, sequentialRead: false },
  ),
  'sharp: cubic': bySharp({ kernel: 'cubic' }),
  'sharp: mitchell': bySharp({ kernel: 'mitchell' }),
  'sharp: lanczos3': bySharp({ kernel: 'lanczos3' }),
  'jimp: its own resize, no mode': byJimp(),
  'jimp: bilinear': byJimp(ResizeStrategy.BILINEAR),
  'jimp: bicubic': byJimp(ResizeStrategy.BICUBIC),
};
