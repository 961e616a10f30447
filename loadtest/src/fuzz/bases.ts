// The photos that are mutated: all formats, small, so that most time goes into reading them wrongly.
import { type Format, formatNames } from '@synset/shared';
import { hugePng, photoNames, plain, testPhoto } from '@synset/shared/testing';
import sharp, { type Sharp } from 'sharp';

export interface Base {
  readonly format: Format;
  readonly bytes: Buffer;
}

const SIZE = { width: 160, height: 120, fit: 'cover' } as const;

/** What the formats have beside their usual form. */
const variants: readonly [Format, (photo: Sharp) => Sharp][] = [
  ['jpeg', (photo) => photo.jpeg()],
  ['jpeg', (photo) => photo.jpeg({ progressive: true })],
  ['jpeg', (photo) => photo.toColourspace('cmyk').jpeg()],
  ['jpeg', (photo) => photo.grayscale().jpeg()],
  ['jpeg', (photo) => photo.withMetadata({ orientation: 6 }).withIccProfile('p3').jpeg()],
  ['png', (photo) => photo.png()],
  ['png', (photo) => photo.png({ palette: true })],
  ['png', (photo) => photo.png({ progressive: true })],
  ['png', (photo) => photo.toColourspace('rgb16').png()],
  ['png', (photo) => photo.ensureAlpha(0.5).png()],
  ['webp', (photo) => photo.webp()],
  ['webp', (photo) => photo.ensureAlpha(0.5).webp({ lossless: true })],
  ['webp', (photo) => photo.withMetadata({ orientation: 8 }).webp()],
  ['gif', (photo) => photo.gif()],
  ['tiff', (photo) => photo.tiff({ compression: 'lzw' })],
  ['tiff', (photo) => photo.tiff({ compression: 'jpeg', tile: true })],
  ['tiff', (photo) => photo.withMetadata({ orientation: 3 }).tiff({ compression: 'none' })],
  ['avif', (photo) => photo.avif({ effort: 0 })],
];

export async function makeBases(): Promise<Base[]> {
  const real = variants.map(async ([format, encode], i) => {
    const photo = sharp(testPhoto(photoNames[i % photoNames.length] ?? photoNames[0]));
    return { format, bytes: await encode(photo.resize(SIZE)).toBuffer() };
  });
  const plains = formatNames.map(async (format) => ({
    format,
    bytes: await plain([200, 30, 60], format, 64, 48),
  }));
  const huge: Base = { format: 'png', bytes: hugePng(7000, 7000) };
  return [...(await Promise.all([...real, ...plains])), huge];
}
