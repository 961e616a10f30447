// The thread that jimp runs in: it is pure JavaScript and holds its thread for the whole photo.
import { Jimp } from 'jimp';
import { answerCalls } from '../thread.ts';
import { type Decoded, type Geometry, geometry } from './geometry.ts';

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

const box = ({ left: x, top: y, width: w, height: h }: Geometry['crop']) => ({ x, y, w, h });

/** jimp's default resize averages as it shrinks; its named modes only sample. */
function resizeAndCrop(image: Image): void {
  const { strip, resized, crop } = geometry(image);
  if (strip) image.crop(box(strip));
  image.resize({ w: resized.width, h: resized.height });
  image.crop(box(crop));
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
