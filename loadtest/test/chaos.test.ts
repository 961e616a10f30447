// A short run of `make chaos`: the long one is for people.
import { runProgram } from '@synset/shared/testing';
import { expect, onTestFinished, test } from 'vitest';

const CHAOS = new URL('../src/chaos.ts', import.meta.url);
const { SYNSET_TEST_MODEL_DIR: MODEL_DIR = 'data/test-models' } = process.env;

const rowOf = (output: string, what: string) =>
  Number(new RegExp(`^\\| +${what} +\\| +(\\d+) \\|$`, 'm').exec(output)?.[1]);

test('no photo is lost, answered twice or answered wrongly', { timeout: 120_000 }, async () => {
  const run = runProgram(CHAOS, { SEED: '1', JOBS: '60', KILLS: '6', MODEL_DIR });
  onTestFinished(async () => {
    run.process.kill('SIGTERM');
    await run.exit;
  });
  const code = await run.exit;
  const output = run.output();
  expect(output).not.toContain('BREACH');
  expect(output).toContain('make chaos SEED=1 JOBS=60 KILLS=6');
  for (const kind of ['kill worker', 'kill Redis', 'kill API', 'dead letters']) {
    expect([kind, rowOf(output, kind)]).toEqual([kind, 1]);
  }
  expect(rowOf(output, 'jobs')).toBe(60);
  expect(rowOf(output, 'breaches')).toBe(0);
  expect(code).toBe(0);
});

test('a bad setting ends it with a line that names the setting', async () => {
  const run = runProgram(CHAOS, { SEED: 'x' });
  expect(await run.exit).toBe(2);
  expect(run.output()).toMatch(/^synset chaos: bad setting: SEED: must be a whole number/);
});
