// Jobs whose bytes are pixels as the model takes them: inferred as they are, without a decoder.
import { loadModel } from '@synset/models';
import { PIXELS_BYTES, PIXELS_SIDE, sniffFormat } from '@synset/shared';
import { silentLog, testJob } from '@synset/shared/testing';
import sharp from 'sharp';
import { expect, onTestFinished, test } from 'vitest';
import { PHOTO_BYTES, SIDE } from '../src/backend/backend.ts';
import { Session } from '../src/backend/session.ts';
import { readConfig } from '../src/config.ts';
import { Decoder } from '../src/decoder/decoder.ts';
import { CROP_SIDE } from '../src/decoder/geometry.ts';
import { startPipeline } from '../src/pipeline.ts';
import { FakeBackend } from './fake-backend.ts';
import { TestStream } from './stream.ts';

const MODEL_DIR = process.env.SYNSET_TEST_MODEL_DIR ?? 'data/test-models';

const pixelsJob = (image: Buffer, id = 'pixels') =>
  testJob({ id, image, format: 'rgb224', width: PIXELS_SIDE, height: PIXELS_SIDE });

/** A PNG without loss, and the very pixels in it: a blue rim, of which a cut leaves less. */
async function picture() {
  const side = PIXELS_SIDE;
  const isRim = (x: number) => x < 40 || x >= side - 40;
  const pixels = Buffer.alloc(PIXELS_BYTES).map((_, i) => {
    const [x, y] = [Math.floor(i / 3) % side, Math.floor(i / 3 / side)];
    return (isRim(x) || isRim(y) ? [20, 60, 220] : [255, 150, 0])[i % 3] ?? 0;
  });
  const raw = { width: side, height: side, channels: 3 as const };
  return { png: await sharp(pixels, { raw }).png().toBuffer(), pixels: Buffer.from(pixels) };
}

test('they have the size that the backend takes', () => {
  expect([PIXELS_SIDE, PIXELS_BYTES]).toEqual([SIDE, PHOTO_BYTES]);
  expect(CROP_SIDE).toBe(SIDE);
});

test('their answer is that of the session, and not that of a photo of this size', async () => {
  const config = readConfig({ MODEL: 'testcard-int8', MODEL_DIR, SESSIONS: '1' });
  const pipeline = await startPipeline(config, silentLog);
  onTestFinished(() => pipeline.close());
  const { path } = await loadModel('testcard-int8', MODEL_DIR);
  const threads = config.INTRA_OP_THREADS;
  const session = await Session.open({ path, threads, providers: ['cpu'] });
  onTestFinished(() => session.release());
  const { png, pixels } = await picture();

  const { probabilities, ...seen } = await pipeline.classify(pixelsJob(pixels));
  expect(seen).toMatchObject({ width: PIXELS_SIDE, height: PIXELS_SIDE, decodeMs: 0 });
  expect([...probabilities]).toEqual([...(await session.run(new Uint8Array(pixels)))]);
  // A photo is enlarged to 256 and cut to 224 first.
  const photo = testJob({ id: 'photo', image: png, width: PIXELS_SIDE, height: PIXELS_SIDE });
  const asPhoto = (await pipeline.classify(photo)).probabilities;
  expect([...asPhoto]).not.toEqual([...probabilities]);
});

test.each([0, PIXELS_BYTES - 1, PIXELS_BYTES + 1])('%i bytes are refused', async (bytes) => {
  const limits = { maxPixels: 1e6, maxDecodePixels: 1e6 };
  const decoder = await Decoder.create({ decoder: 'auto', ...limits });
  onTestFinished(() => decoder.close());
  await expect(decoder.decode(pixelsJob(Buffer.alloc(bytes)))).rejects.toMatchObject({
    code: 'IMAGE_UNREADABLE',
    message: `The pixels have ${bytes} bytes instead of ${PIXELS_BYTES}.`,
  });
});

test('they travel through the queue, and no upload is taken for them', async () => {
  const stream = await TestStream.open();
  onTestFinished(() => stream.close());
  await stream.startWorker(new FakeBackend());
  const image = Buffer.alloc(PIXELS_BYTES, 42);
  expect(sniffFormat(image)).toBeNull();
  const job = { ...pixelsJob(image), replyTo: stream.keys.replies('test') };
  await stream.queue.publish(job, { maxJobs: 10, maxBytes: 1e9 }, 60);
  const [reply] = await stream.nextReplies(1);
  expect(reply).toMatchObject({
    status: 'done',
    format: 'rgb224',
    bytes: PIXELS_BYTES,
    categories: [{ index: 42, score: 1 }, { score: 0 }],
  });
});
