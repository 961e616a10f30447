// Trained models of another origin, where SYNSET_TEST_DATA names the folder that holds them.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { labels, loadModel } from '../src/index.ts';
import { openSession, plainPicture, probabilities, temporaryFolder } from './helpers.ts';

const data = process.env.SYNSET_TEST_DATA;
const title = data ? 'trained models' : 'trained models (skipped: SYNSET_TEST_DATA is not set)';

describe.skipIf(!data)(title, () => {
  const folder = join(data ?? '', 'models');

  it('have our labels in our order', async () => {
    expect(labels).toEqual(JSON.parse(await readFile(join(folder, 'labels.json'), 'utf8')));
  });

  it.each([
    [
      'imagenet-mobilenetv2.onnx',
      '9d5438310c86ee72bafdbb22f67979f5855e54f56c88c03ce72d1ba0c932abb1',
    ],
    [
      'imagenet-mobilenetv2-int8-qdq.onnx',
      'd3195890c3d13e535039d33340376a0e337fbea2b622b8975aa6ce8898aee507',
    ],
  ])('%s can be prepared and run', async (file, sha256) => {
    const work = await temporaryFolder();
    const path = join(work, 'card.json');
    const card = { name: 'mobilenetv2', file: join(folder, file), trained: true, sha256 };
    await writeFile(path, JSON.stringify(card));
    const loaded = await loadModel(path, work);
    expect(loaded.explain).toBe(true);
    const session = await openSession(loaded.path);
    expect(session.outputNames).toEqual(['probabilities', 'feature_map']);
    const scores = await probabilities(session, plainPicture([255, 165, 0]));
    expect(scores.reduce((sum, score) => sum + score, 0)).toBeCloseTo(1, 3);
    await session.release();
  });
});
