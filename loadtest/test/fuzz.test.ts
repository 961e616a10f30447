// A short run of `make fuzz`: the long one is for people.
import { runProgram } from '@synset/shared/testing';
import { expect, onTestFinished, test } from 'vitest';

const FUZZ = new URL('../src/fuzz.ts', import.meta.url);
const { SYNSET_TEST_MODEL_DIR: MODEL_DIR = 'data/test-models' } = process.env;

test('broken requests are refused, and harm nothing else', { timeout: 120_000 }, async () => {
  const run = runProgram(FUZZ, { SEED: '1', COUNT: '300', MODEL_DIR });
  onTestFinished(async () => {
    run.process.kill('SIGTERM');
    await run.exit;
  });
  const code = await run.exit;
  const output = run.output();
  expect(output).not.toContain('BREACH');
  expect(output).toContain('make fuzz SEED=1 COUNT=300');
  for (const status of [200, 202, 400, 404, 415, 422]) {
    expect(output).toMatch(new RegExp(`\\|   ${status} +\\| +\\d+`));
  }
  expect(code).toBe(0);
});

test('a bad setting ends it with a line that names the setting', async () => {
  const run = runProgram(FUZZ, { SEED: 'x' });
  expect(await run.exit).toBe(2);
  expect(run.output()).toMatch(/^synset fuzz: bad setting: SEED: must be a whole number/);
});
