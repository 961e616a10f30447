// Files that jimp's parsers would read wrongly, or at any cost: mended or refused before they see them.
import { Problem } from '@synset/shared';
import type { Photo } from './geometry.ts';

const unreadable = (detail: string) => new Problem('IMAGE_UNREADABLE', detail);

/** The bytes that jimp may decode. Throws IMAGE_UNREADABLE. */
export function guardJimp({ format, image, width, height }: Photo): Buffer {
  if (format === 'bmp') return withoutGap(image);
  if (format === 'png') refuseSecondHeader(image);
  if (format === 'tiff') refuseEndlessDirectories(image);
  if (format === 'gif') refuseLargeFrames(image, width, height);
  return image;
}

const BMP_FILE_HEADER = 14;
/** Compression 1 and 2 are run lengths, which bmp-ts reads with wrong colours. */
const BMP_RUN_LENGTHS = new Set([1, 2]);

/** bmp-ts expects the pixels right behind the palette, wherever the header says that they are. */
function withoutGap(bmp: Buffer): Buffer {
  if (bmp.length < BMP_FILE_HEADER + 40) throw unreadable('The BMP file is incomplete.');
  const pixels = bmp.readUInt32LE(10);
  const headerSize = bmp.readUInt32LE(14);
  const bits = bmp.readUInt16LE(28);
  const compression = bmp.readUInt32LE(30);
  if (BMP_RUN_LENGTHS.has(compression)) {
    throw unreadable('Run-length compressed BMP files are not supported: save it uncompressed.');
  }
  const masks = compression === 3 && headerSize === 40 ? 12 : 0;
  const colours = bits <= 8 ? bmp.readUInt32LE(46) || 2 ** bits : 0;
  const end = BMP_FILE_HEADER + headerSize + masks + colours * 4;
  if (pixels <= end || end > bmp.length) return bmp;
  return Buffer.concat([bmp.subarray(0, end), bmp.subarray(pixels)]);
}

/** pngjs allocates by the last header: a 10 kB file with a second one took 9.6 GB. */
function refuseSecondHeader(png: Buffer): void {
  let headers = 0;
  for (let at = 8; at + 8 <= png.length; at += 12 + png.readUInt32BE(at)) {
    if (png.toString('latin1', at + 4, at + 8) === 'IHDR' && ++headers > 1) {
      throw unreadable('The PNG file has more than one header.');
    }
  }
}

/** More pages than any photo has. */
const MAX_TIFF_DIRECTORIES = 1000;

/** utif follows the chain of directories wherever it leads, in a loop until memory ends. */
function refuseEndlessDirectories(tiff: Buffer): void {
  const bigEndian = tiff[0] === 0x4d;
  const u16 = (at: number) => (bigEndian ? tiff.readUInt16BE(at) : tiff.readUInt16LE(at));
  const u32 = (at: number) => (bigEndian ? tiff.readUInt32BE(at) : tiff.readUInt32LE(at));
  let directories = 0;
  for (let at = u32(4); at !== 0 && at + 2 <= tiff.length; directories++) {
    if (directories > MAX_TIFF_DIRECTORIES)
      throw unreadable('The TIFF file has no end of directories.');
    const next = at + 2 + u16(at) * 12;
    if (next + 4 > tiff.length) return;
    at = u32(next);
  }
}

/** omggif allocates by the frame, which may be larger than the screen that the limits were held to. */
function refuseLargeFrames(gif: Buffer, width: number, height: number): void {
  const tableBytes = (flags: number) => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);
  let at = 13 + tableBytes(gif[10] ?? 0);
  while (at + 10 < gif.length && gif[at] !== 0x3b) {
    if (gif[at] === 0x2c) {
      const [w, h] = [gif.readUInt16LE(at + 5), gif.readUInt16LE(at + 7)];
      if (w > width || h > height)
        throw unreadable('The GIF file has frames larger than its screen.');
      at += 11 + tableBytes(gif[at + 9] ?? 0);
    } else at += 2;
    // Sub-blocks: a length and as many bytes, ended by a length of 0.
    while (at < gif.length && gif[at] !== 0) at += 1 + (gif[at] ?? 0);
    at++;
  }
}
