// Reads a photo from its file as a job would bring it: bytes, format, and what the header tells.
import { readFile } from 'node:fs/promises';
import { type Format, formats, Problem, sniffFormat } from '@synset/shared';
import type { Photo } from '../decoder/geometry.ts';
import { loadSharp } from '../decoder/sharp.ts';

const sharp = await loadSharp();

/** Throws a Problem for a file that is no readable photo. */
export async function readPhoto(path: string): Promise<Photo> {
  const image = await readFile(path);
  const format = sniffFormat(image);
  if (!format) throw new Problem('UNSUPPORTED_FORMAT', 'The file is no photo.');
  const header = format === 'bmp' ? bmpHeader(image) : await headerBySharp(image, format);
  return { image, format, ...header };
}

const unreadable = (format: Format, cause?: unknown) =>
  new Problem(
    'IMAGE_UNREADABLE',
    `The ${formats[format].name} file has no readable header: it is damaged or incomplete.`,
    { cause },
  );

/** The API's reader of headers is not the worker's to use; sharp reads them all but BMP's. */
async function headerBySharp(image: Buffer, format: Format) {
  if (!sharp) throw new Error('sharp has no library for this machine, and reads the headers');
  try {
    // The limit is the decoder's to keep: it says so in its own words.
    const source = sharp(image, { limitInputPixels: false });
    const { width, height, orientation = 1 } = await source.metadata();
    return { width, height, orientation };
  } catch (error) {
    throw unreadable(format, error);
  }
}

/** A negative height says that the rows come from the top. */
function bmpHeader(image: Buffer) {
  if (image.length < 26) throw unreadable('bmp');
  const [width, height] = [image.readInt32LE(18), Math.abs(image.readInt32LE(22))];
  if (width <= 0 || height === 0) throw unreadable('bmp');
  return { width, height, orientation: 1 };
}
