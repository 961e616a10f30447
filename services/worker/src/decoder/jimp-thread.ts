// The thread that jimp runs in: it is pure JavaScript and holds its thread for the whole photo.
import { Jimp } from 'jimp';
import { answerCalls } from '../thread.ts';
import { CROP_OFFSET, CROP_SIDE, type Decoded, RESIZE_SIDE } from './types.ts';

type Image = Awaited<ReturnType<typeof Jimp.fromBuffer>>;

/** Megabytes that jpeg-js may use for a photo of 16 million pixels. */
const JPEG_MEMORY_MB = 512;

/** Lays the photo on white in place: a transparent pixel's colour is arbitrary. */
function flatten(data: Uint8Array): void {
  for (let i = 0; i < data.length; i += 4) {
    const alpha = data[i + 3] as number;
    if (alpha === 255) continue;
    for (let c = i; c < i + 3; c++) {
      data[c] = Math.round(((data[c] as number) * alpha + 255 * (255 - alpha)) / 255);
    }
    data[i + 3] = 255;
  }
}

function dropAlpha(rgba: Uint8Array): Uint8Array<ArrayBuffer> {
  const rgb = new Uint8Array((rgba.length / 4) * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4) {
    rgb[to++] = rgba[from] as number;
    rgb[to++] = rgba[from + 1] as number;
    rgb[to++] = rgba[from + 2] as number;
  }
  return rgb;
}

/** Short side to 256, then the middle. jimp's default resize averages; its named modes only sample. */
function resizeAndCrop(image: Image): void {
  const scale = RESIZE_SIDE / Math.min(image.width, image.height);
  const w = Math.max(RESIZE_SIDE, Math.round(image.width * scale));
  const h = Math.max(RESIZE_SIDE, Math.round(image.height * scale));
  image.resize({ w, h });
  const x = Math.round((w - RESIZE_SIDE) / 2) + CROP_OFFSET;
  const y = Math.round((h - RESIZE_SIDE) / 2) + CROP_OFFSET;
  image.crop({ x, y, w: CROP_SIDE, h: CROP_SIDE });
}

async function decode(file: Uint8Array): Promise<Decoded> {
  // Not Jimp.read: it drops the options (jimp-dev/jimp#1357).
  const image = await Jimp.fromBuffer(Buffer.from(file.buffer, file.byteOffset, file.length), {
    'image/jpeg': { tolerantDecoding: false, maxMemoryUsageInMB: JPEG_MEMORY_MB },
  });
  const { width, height } = image;
  flatten(image.bitmap.data);
  resizeAndCrop(image as Image);
  return { pixels: dropAlpha(image.bitmap.data), width, height };
}

answerCalls(decode, ({ pixels }) => [pixels.buffer as ArrayBuffer]);
