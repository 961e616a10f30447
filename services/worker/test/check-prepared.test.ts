// What is prepared is compared with its export; what cannot be prepared is served as it is.
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadModel, ModelError } from '@synset/models';
import { node, type Tiny, tinyModel } from '@synset/models/testing';
import { expect, onTestFinished, test } from 'vitest';
import { PHOTO_BYTES } from '../src/backend/backend.ts';
import { Session } from '../src/backend/session.ts';

const MODEL_DIR = process.env.SYNSET_TEST_MODEL_DIR ?? 'data/test-models';
const check = new URL('../src/backend/check-prepared.ts', import.meta.url);

async function load(options: Tiny = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'synset-check-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'tiny.onnx'), tinyModel(options));
  const card = join(folder, 'card.json');
  await writeFile(card, JSON.stringify({ name: 'tiny', file: 'tiny.onnx', trained: true }));
  return await loadModel(card, folder, { check });
}

type Loaded = Awaited<ReturnType<typeof load>>;

/** The probabilities of photos of the given first bytes, as the worker would get them. */
async function infer({ path, prepared, exported, card }: Loaded, photos: number) {
  const { normalization } = card;
  const graph = prepared ? undefined : { ...exported, normalization };
  const session = await Session.open({ path, threads: 1, providers: ['cpu'], exported: graph });
  const pixels = Uint8Array.from({ length: photos * PHOTO_BYTES }, (_, i) => (i * 7919) % 251);
  const probabilities = await session.run(pixels);
  await session.release();
  return probabilities;
}

function expectNear(a: Float32Array, b: Float32Array): void {
  expect(a).toHaveLength(b.length);
  expect(Math.max(...a.map((value, i) => Math.abs(value - (b[i] ?? 0))))).toBeLessThan(1e-4);
}

test.each(['testcard', 'testcard-int8', 'testcard-qop'])(
  '%s passes',
  { timeout: 60_000 },
  async (name) => {
    const loaded = await loadModel(name, MODEL_DIR, { check });
    expect(loaded).toMatchObject({ prepared: true, explain: true });
    expect(loaded).not.toHaveProperty('batch');
  },
);

test('a graph that answers otherwise when it is prepared is served as exported', async () => {
  // The preparation does not see through the Identity and would put a second softmax behind it.
  const hidden: Tiny = {
    tail: (from, to) => [
      node('Softmax', [from], 'hidden', { axis: 1 }),
      node('Identity', ['hidden'], to),
    ],
  };
  const loaded = await load(hidden);
  expect(loaded.prepared).toBe(false);
  expect(loaded.reason).toMatch(/^its probabilities differ by 0\.\d+ /);
  expectNear(await infer(loaded, 2), await infer(await load(), 2));
  const names = await readdir(join(loaded.path, '..', 'prepared'));
  expect(names.filter((name) => !name.endsWith('.json'))).toEqual([]);
});

test('a batch that is built in is found, declared or not', async () => {
  const declared = await load({ inputDims: [3, 3, 224, 224], outputDims: [3, 1000] });
  expect(declared).toMatchObject({ prepared: true, batch: 3 });
  const hidden = await load({ tail: (from, to) => [node('Reshape', [from, 'one_row'], to)] });
  expect(hidden).toMatchObject({ prepared: true, batch: 1 });
});

test('a graph that cannot be run at all is refused in one line', async () => {
  const attempt = load({ tail: (from, to) => [node('NoSuchOperator', [from], to)] });
  await expect(attempt).rejects.toThrow(ModelError);
  await expect(attempt).rejects.toThrow(/^[^\n]*tiny\.onnx cannot be run: [^\n]*NoSuchOperator/);
});

test('another number of classes than declared is refused', async () => {
  const attempt = load({ tail: (from, to) => [node('Concat', [from, from], to, { axis: 1 })] });
  await expect(attempt).rejects.toThrow(ModelError);
});
