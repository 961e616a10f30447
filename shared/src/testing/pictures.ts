// Pictures made for the tests.
import { crc32, deflateSync } from 'node:zlib';
import { Jimp, rgbaToInt } from 'jimp';
import sharp, { type Sharp } from 'sharp';

export type Rgb = readonly [number, number, number];

const raw = ([r, g, b]: Rgb, width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: { r, g, b } } });

export type Encoding = 'jpeg' | 'png' | 'webp' | 'avif' | 'gif' | 'tiff' | 'bmp';

/** A picture of one colour. */
export async function plain(
  colour: Rgb,
  encoding: Encoding,
  width = 300,
  height = 280,
): Promise<Buffer> {
  if (encoding === 'bmp') {
    const image = new Jimp({ width, height, color: rgbaToInt(...colour, 255) });
    return await image.getBuffer('image/bmp');
  }
  // Without subsampling and loss a JPEG or AVIF has the colour that was asked for.
  const options = { jpeg: { quality: 95, chromaSubsampling: '4:4:4' }, avif: { quality: 90 } };
  const settings = encoding === 'jpeg' || encoding === 'avif' ? options[encoding] : {};
  return await raw(colour, width, height).toFormat(encoding, settings).toBuffer();
}

/** Left half of one colour, right half of another. */
export function halves(left: Rgb, right: Rgb, width: number, height: number): Sharp {
  const [r, g, b] = right;
  const half = {
    create: { width: width / 2, height, channels: 3 as const, background: { r, g, b } },
  };
  return raw(left, width, height).composite([{ input: half, left: width / 2, top: 0 }]);
}

export interface Area {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Grey, with a patch of a colour somewhere. */
export function patched([r, g, b]: Rgb, patch: Area, width: number, height: number): Sharp {
  const { left, top } = patch;
  const create = {
    ...{ width: patch.width, height: patch.height, channels: 3 as const },
    background: { r, g, b },
  };
  return raw([128, 128, 128], width, height).composite([{ input: { create }, left, top }]);
}

/** The pixels of an encoded picture, by row. */
export async function pixelsOf(picture: Buffer): Promise<Rgb[][]> {
  const decoded = sharp(picture).removeAlpha().raw();
  const { data, info } = await decoded.toBuffer({ resolveWithObject: true });
  const at = (i: number): Rgb => [data[i] ?? 0, data[i + 1] ?? 0, data[i + 2] ?? 0];
  return Array.from({ length: info.height }, (_, y) =>
    Array.from({ length: info.width }, (_, x) => at(3 * (y * info.width + x))),
  );
}

/** A grey PNG of any size that is small as a file: rows of zeros pack 1:1000. */
export function hugePng(width: number, height: number): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const frame = Buffer.alloc(body.length + 8);
    frame.writeUInt32BE(data.length, 0);
    body.copy(frame, 4);
    frame.writeUInt32BE(crc32(body), body.length + 4);
    return frame;
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 1; // one bit a pixel, grey
  const rows = Buffer.alloc((1 + Math.ceil(width / 8)) * height);
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** The same JPEG with a comment behind its first marker: other bytes, equal pixels. */
export function withComment(jpeg: Buffer, comment: string): Buffer {
  const segment = Buffer.alloc(4 + comment.length);
  segment.writeUInt16BE(0xfffe, 0);
  segment.writeUInt16BE(2 + comment.length, 2);
  segment.write(comment, 4, 'latin1');
  return Buffer.concat([jpeg.subarray(0, 2), segment, jpeg.subarray(2)]);
}
