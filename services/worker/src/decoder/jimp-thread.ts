// The thread that jimp runs in: it is pure JavaScript and holds its thread for the whole photo.
import { Jimp } from 'jimp';
import { answerCalls } from '../thread.ts';
import { type Decoded, type Geometry, geometry } from './geometry.ts';
import { resizeAndCrop } from './resize.ts';

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

const box = ({ left: x, top: y, width: w, height: h }: Geometry['crop']) => ({ x, y, w, h });

async function decode(file: Uint8Array): Promise<Decoded> {
  // Not Jimp.read: it drops the options (jimp-dev/jimp#1357).
  const image = await Jimp.fromBuffer(Buffer.from(file.buffer, file.byteOffset, file.length), {
    'image/jpeg': { tolerantDecoding: false, maxMemoryUsageInMB: JPEG_MEMORY_MB },
  });
  const { width, height } = image;
  flatten(image.bitmap.data);
  const plan = geometry(image);
  if (plan.strip) image.crop(box(plan.strip));
  // Not jimp's resize: its named modes only sample, and its default one rounds more coarsely.
  const pixels = resizeAndCrop({ ...image.bitmap, channels: 4 }, plan);
  return { pixels, width, height, area: plan.area };
}

answerCalls(decode, ({ pixels }) => [pixels.buffer as ArrayBuffer]);
