// What it costs to make a model's input of a photo, beside a plain resize by sharp, which neither
// turns nor crops: node services/worker/test/decode-cost.ts PAIRS FILE... prints, as JSON, the
// milliseconds a photo of each pair: the decoder is the first of it.
import sharp from 'sharp';
import { readPhoto } from '../src/accuracy/photo.ts';
import { Decoder } from '../src/decoder/decoder.ts';
import type { Photo } from '../src/decoder/geometry.ts';

const [pairs, ...files] = process.argv.slice(2);
const limits = { maxPixels: 50_000_000, maxDecodePixels: 60_000_000 };
// It sets `sharp.concurrency(1)`, for the plain resize too.
const decoder = await Decoder.create({ decoder: 'sharp', ...limits });
const photos = await Promise.all(files.map(readPhoto));

const own = (photo: Photo) => decoder.decode(photo);
const plain = ({ image }: Photo) =>
  sharp(image).resize(256, 256, { fit: 'outside' }).raw().toBuffer();

/** Milliseconds a photo, one after the other. */
async function time(decode: (photo: Photo) => Promise<unknown>): Promise<number> {
  const started = performance.now();
  for (const photo of photos) await decode(photo);
  return (performance.now() - started) / photos.length;
}

await time(own);
await time(plain);
const times: { first: number; second: number }[] = [];
for (let i = 0; i < Number(pairs); i++) {
  // Every other pair the other way round: whoever comes second has warmer caches.
  const before = i % 2 === 1 ? await time(plain) : undefined;
  times.push({ first: await time(own), second: before ?? (await time(plain)) });
}
await decoder.close();
process.stdout.write(`${JSON.stringify(times)}\n`);
