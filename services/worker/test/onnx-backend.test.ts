import { loadModel } from '@synset/models';
import { afterEach, expect, test } from 'vitest';
import { type BatchOutput, CLASSES, PHOTO_BYTES } from '../src/backend/backend.ts';
import { OnnxBackend } from '../src/backend/onnx-backend.ts';

const MODEL_DIR = process.env.SYNSET_TEST_MODEL_DIR ?? 'data/test-models';
const ORANGE = 950;

let backend: OnnxBackend;

afterEach(() => backend.close());

async function start(sessions: number, wideThreads = 0): Promise<void> {
  const { path } = await loadModel('testcard-int8', MODEL_DIR);
  backend = new OnnxBackend({ path, sessions, wideThreads, threads: 1, providers: ['cpu'] });
  await backend.start();
}

function photos(...colours: number[][]): Uint8Array<ArrayBuffer> {
  const pixels = new Uint8Array(colours.length * PHOTO_BYTES);
  return pixels.map((_, i) => colours[Math.floor(i / PHOTO_BYTES)]?.[i % 3] ?? 0);
}

test('infers a batch, a row of probabilities for each photo', async () => {
  await start(1);
  const { probabilities, inferenceMs } = await backend.infer(
    photos([0, 0, 255], [255, 150, 0]),
    false,
  );
  expect(probabilities).toHaveLength(2 * CLASSES);
  const best = probabilities.indexOf(Math.max(...probabilities.subarray(CLASSES)), CLASSES);
  expect(best).toBe(CLASSES + ORANGE);
  expect(inferenceMs).toBeGreaterThan(0);
});

test('inferences do not hold the main thread, and run side by side', async () => {
  await start(2);
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  await Promise.all([
    backend.infer(photos([1, 2, 3]), false),
    backend.infer(photos([1, 2, 3]), false),
  ]);
  clearInterval(timer);
  expect(ticks).toBeGreaterThan(2);
});

test('a photo that is alone has a session of its own, and the same answer', async () => {
  await start(1, 2);
  const others = backend.infer(photos([255, 150, 0]), false);
  const [narrow, wide] = await Promise.all([others, backend.infer(photos([255, 150, 0]), true)]);
  const best = (output: BatchOutput) =>
    output.probabilities.indexOf(Math.max(...output.probabilities));
  expect([best(narrow), best(wide)]).toEqual([ORANGE, ORANGE]);
  expect(wide.probabilities[ORANGE]).toBeCloseTo(narrow.probabilities[ORANGE] ?? 0, 5);
});

test('refuses more inferences at a time than it has sessions', async () => {
  await start(1);
  const first = backend.infer(photos([1, 2, 3]), false);
  await expect(backend.infer(photos([1, 2, 3]), false)).rejects.toThrow(
    'more inferences at a time',
  );
  await first;
});

test('a file that is no model rejects the start', async () => {
  backend = new OnnxBackend({
    path: import.meta.filename,
    sessions: 1,
    wideThreads: 0,
    threads: 1,
    providers: ['cpu'],
  });
  await expect(backend.start()).rejects.toThrow();
});

test('a lost session is told', async () => {
  await start(1);
  await backend.close();
  expect(await backend.failed).toBeInstanceOf(Error);
  await expect(backend.infer(photos([1, 2, 3]), false)).rejects.toThrow();
});
