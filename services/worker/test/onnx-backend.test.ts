import { loadModel } from '@synset/models';
import { afterEach, expect, test } from 'vitest';
import { type BatchOutput, CLASSES, PHOTO_BYTES, SIDE } from '../src/backend/backend.ts';
import { OnnxBackend } from '../src/backend/onnx-backend.ts';

const MODEL_DIR = process.env.SYNSET_TEST_MODEL_DIR ?? 'data/test-models';
const ORANGE = 950;

let backend: OnnxBackend;

afterEach(() => backend.close());

async function start(sessions: number, wideThreads = 0, explains = true): Promise<void> {
  const { path, explainer } = await loadModel('testcard-int8', MODEL_DIR);
  const cpu = { threads: 1, providers: ['cpu'] };
  const explaining = explains ? { explainer } : {};
  backend = new OnnxBackend({ path, sessions, wideThreads, ...cpu, ...explaining });
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

/** Two Granny Smiths: of one the lower edge does not speak for it, of the other the right one. */
function edged(): Uint8Array<ArrayBuffer> {
  const pixels = photos([45, 165, 20], [45, 165, 20]);
  return pixels.map((value, i) => {
    const [photo, at] = [Math.floor(i / PHOTO_BYTES), Math.floor((i % PHOTO_BYTES) / 3)];
    const [x, y] = [at % SIDE, Math.floor(at / SIDE)];
    return (photo === 0 ? y : x) > 0.83 * SIDE ? ([225, 20, 30][i % 3] ?? 0) : value;
  });
}

const corners = (grid: number[][] = []) =>
  [grid[0]?.[0], grid[0]?.[6], grid[6]?.[0]].map((part) => (part ?? 0) > 0.5);

test.each([0, 1])('explains those of a batch that ask, by their own maps: number %i', async (n) => {
  await start(1, 1);
  for (const alone of [false, true]) {
    const { grids } = await backend.infer(edged(), alone, [n === 0, n === 1]);
    expect(grids[1 - n]).toBeNull();
    expect(grids[n]).toHaveLength(5);
    expect(corners(grids[n]?.[0])).toEqual(n === 0 ? [true, true, false] : [true, false, true]);
  }
  const both = await backend.infer(edged(), false, [true, true]);
  expect(both.grids.map((grid) => corners(grid?.[0]))).toEqual([
    [true, true, false],
    [true, false, true],
  ]);
});

test('explains nothing where the model cannot', async () => {
  await start(1, 0, false);
  const { grids, probabilities } = await backend.infer(edged(), false, [true, true]);
  expect(grids).toEqual([]);
  expect(probabilities).toHaveLength(2 * CLASSES);
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
