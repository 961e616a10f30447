// What `prepare.ts` leaves behind is all that a worker needs of the model folder.
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadModel } from '@synset/models';
import { runProgram } from '@synset/shared/testing';
import { expect, onTestFinished, test } from 'vitest';
import { CHECK } from '../src/pipeline.ts';

const PREPARE = new URL('../src/prepare.ts', import.meta.url);

async function folder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'synset-prepare-'));
  onTestFinished(() => rm(dir, { recursive: true }));
  return dir;
}

/** Each file, when it was written, and when the folder was changed. */
async function state(dir: string): Promise<string[]> {
  const names = ['.', ...(await readdir(dir, { recursive: true }))];
  return await Promise.all(
    names.map(async (name) => `${name} ${(await stat(join(dir, name))).mtimeMs}`),
  );
}

test('a worker writes nothing into the folder of a prepared model', async () => {
  const dir = await folder();
  const prepare = runProgram(PREPARE, { MODEL: 'testcard-int8', MODEL_DIR: dir });
  expect(await prepare.exit).toBe(0);
  expect(prepare.output()).toMatch(/^testcard-int8: prepared and checked, /);
  const before = await state(dir);
  expect(await loadModel('testcard-int8', dir, { check: CHECK })).toMatchObject({ prepared: true });
  expect(await state(dir)).toEqual(before);
});

test('a model that is not there is a line that says so', async () => {
  const prepare = runProgram(PREPARE, { MODEL: 'resnet50-v1-12', MODEL_DIR: await folder() });
  expect(await prepare.exit).toBe(1);
  expect(prepare.output()).toMatch(/^synset prepare: .*resnet50-v1-12.*\n$/);
});
