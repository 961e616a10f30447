// Class activation maps: the patch is found where it is, and the map adds up to the logit.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadModel, type PreparedModel, readExplainer } from '@synset/models';
import { GRID_SIDE } from '@synset/shared';
import { testDataDir } from '@synset/shared/testing';
import { describe, expect, onTestFinished, test } from 'vitest';
import { PHOTO_BYTES, SIDE } from '../src/backend/backend.ts';
import { Session } from '../src/backend/session.ts';
import { classActivation, embedding, GRID, toGrid } from '../src/explain.ts';
import { decodeWhole } from './parity.ts';
import { reference } from './reference.ts';

const MODEL_DIR = process.env.SYNSET_TEST_MODEL_DIR ?? 'data/test-models';
const STRAWBERRY = 949;

async function look(model: PreparedModel, pixels: Uint8Array) {
  const explainer = await readExplainer(model.explainer);
  if (!explainer) throw new Error('the model explains nothing');
  const session = await Session.open({ path: model.path, threads: 1, providers: ['cpu'] });
  const seen = await session.runWithMap(pixels);
  await session.release();
  return { explainer, ...seen };
}

/** Grey, with a red patch of a quarter's size in one corner. */
function patch(right: boolean, low: boolean): Uint8Array {
  const red = [225, 20, 30];
  return Uint8Array.from({ length: PHOTO_BYTES }, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % SIDE, Math.floor(i / 3 / SIDE)];
    const inside = (right ? x >= SIDE / 2 : x < SIDE / 2) && (low ? y >= SIDE / 2 : y < SIDE / 2);
    return inside ? (red[i % 3] ?? 0) : 128;
  });
}

test('grids have the size of the contract', () => {
  expect(GRID).toBe(GRID_SIDE);
});

test('a grid has the strongest place for 1, and 0 for what speaks against the category', () => {
  const parts = Float64Array.from({ length: GRID_SIDE ** 2 }, (_, place) => place - 1);
  const grid = toGrid(parts);
  expect(grid[0]).toEqual([0, 0, 0.021, 0.043, 0.064, 0.085, 0.106]);
  expect(grid[6]?.[6]).toBe(1);
  expect(toGrid(parts.map((part) => -1 - part)).flat()).toEqual(Array(GRID_SIDE ** 2).fill(0));
});

describe.each(['testcard', 'testcard-int8', 'testcard-qop'])('%s', (name) => {
  test.each([
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ])('sees the strawberry where it is: right %s, low %s', async (right, low) => {
    const model = await loadModel(name, MODEL_DIR);
    expect(model).toMatchObject({ explain: true, explainer: { channels: 2048 } });
    const { map, explainer } = await look(model, patch(right, low));
    const values = [...classActivation(map, explainer, STRAWBERRY)];
    const at = values.indexOf(Math.max(...values));
    // The middle row and column lie on the border.
    expect(at % GRID_SIDE > 3, `column ${at % GRID_SIDE}`).toBe(right);
    expect(Math.floor(at / GRID_SIDE) > 3, `row ${Math.floor(at / GRID_SIDE)}`).toBe(low);
    expect(embedding(map)).toHaveLength(2048);
  });
});

const title = testDataDir ? 'a trained model' : 'a trained model (skipped: no SYNSET_TEST_DATA)';

describe.skipIf(!testDataDir)(title, () => {
  // The logits of the second file have eight bits: a step is 0.1.
  test.each([
    ['imagenet-mobilenetv2.onnx', 0.001],
    ['imagenet-mobilenetv2-int8-qdq.onnx', 0.3],
  ])('%s: the map adds up to the logit but for the bias', async (file, tolerance) => {
    const folder = await mkdtemp(join(tmpdir(), 'synset-explain-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const card = join(folder, 'card.json');
    const path = join(testDataDir ?? '', 'models', file);
    await writeFile(card, JSON.stringify({ name: 'mobilenetv2', file: path, trained: true }));
    const model = await loadModel(card, folder);
    expect(model.explainer?.channels).toBe(1280);
    const [cat, dog] = await Promise.all(
      ['n02124075_Egyptian_cat.JPEG', 'n02110958_pug.JPEG'].map(async (photo) => {
        const image = await readFile(join(testDataDir ?? '', 'photos', photo));
        return await look(model, reference(await decodeWhole(image)));
      }),
    );
    if (!cat || !dog) throw new Error('no photo');
    const total = (seen: typeof cat, category: number) =>
      classActivation(seen.map, seen.explainer, category).reduce((a, b) => a + b, 0);
    const [pug, egyptian] = [254, 285];
    const change = (category: number) => total(cat, category) - total(dog, category);
    const logits = (seen: typeof cat) =>
      Math.log(seen.probabilities[egyptian] ?? 0) - Math.log(seen.probabilities[pug] ?? 0);
    // What two photos change in the difference of two logits is free of the biases and of softmax.
    const sums = change(egyptian) - change(pug);
    expect(Math.abs(sums - (logits(cat) - logits(dog)))).toBeLessThan(tolerance);
    expect(sums).toBeGreaterThan(10);
  });
});
