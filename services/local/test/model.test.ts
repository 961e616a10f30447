// Which model is served where none is named, and that what was fetched can be served.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRunning, plain, runProgram } from '@synset/shared/testing';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { makeTestCard } from '../../../models/src/testcard/make.ts';
import { cardOf, type Play, silence, startHub, status, whole } from '../../../models/test/hub.ts';
import { predict, runSystem, startSystem, type TestSystem } from './system.ts';

const CLI = new URL('../../../models/src/cli.ts', import.meta.url);
const INSTEAD = 'taking the test card instead; the next start tries again';
/** What an unreachable network may cost, and the start of a process on a busy machine. */
const BOUND_MS = 5000 + 2000;

let system: TestSystem;

afterEach(async () => {
  if (isRunning(system.process.pid as number)) await system.end();
});

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'synset-model-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Without MODEL; a mirror is named, so that no other place is asked. */
async function runUnnamed(play: Play, MODEL_DIR?: string) {
  const hub = await startHub(play);
  const env = { MODEL: '', MODEL_URL: hub.url, ...(MODEL_DIR ? { MODEL_DIR } : {}) };
  system = await runSystem(env);
  return hub;
}

describe('without MODEL', () => {
  test('what cannot be fetched is said, and the test card taken with a warning', async () => {
    const hub = await runUnnamed(status(404));
    await system.printed('Ctrl-C');
    expect(hub.requests.map(({ path }) => path)).toEqual([
      expect.stringMatching(/^\/resnet50-v1-12(-int8)?\.onnx$/),
    ]);
    expect(system.output()).toMatch(
      /fetching the trained model resnet50.*404 Not Found.*bring resnet50.*\.onnx from https:/s,
    );
    expect(system.output()).toContain(INSTEAD);
    expect(system.output()).toContain('WARNING: this is the test card');
  });

  test('a server that does not answer costs at most five seconds', async () => {
    await runUnnamed(silence);
    await system.printed('fetching the trained model');
    const start = performance.now();
    await system.printed(INSTEAD);
    expect(performance.now() - start).toBeLessThan(BOUND_MS);
    expect(system.output()).toContain('no byte within 5 s');
  });

  test('Ctrl-C during the download leaves nothing', async () => {
    const MODEL_DIR = await temporaryFolder();
    const hub = await runUnnamed((_, response) => {
      response.writeHead(200).write('the first bytes');
      hub.held.push(response);
    }, MODEL_DIR);
    await system.printed(' % of ');
    const processes = system.descendants();
    expect(await system.end('SIGINT')).toBe(0);
    expect(processes.filter(isRunning)).toEqual([]);
    expect(system.output()).toMatch(/stopped\n$/);
    expect(system.output()).not.toContain(INSTEAD);
  });
});

test('what the command line fetched and prepared is served', async () => {
  const folder = await temporaryFolder();
  const modelDir = process.env.SYNSET_TEST_MODEL_DIR ?? 'data/test-models';
  const content = await readFile(await makeTestCard('testcard-int8', modelDir));
  const hub = await startHub(whole);
  hub.content = content;
  const card = join(folder, 'card.json');
  await writeFile(card, JSON.stringify(cardOf(content, [`${hub.url}/small.onnx`])));
  const env = { MODEL: card, MODEL_DIR: join(folder, 'models') };
  for (const command of ['fetch', 'prepare']) {
    expect(await runProgram(CLI, env, [command]).exit).toBe(0);
  }
  system = await startSystem(env);
  const answer = await predict(system.url, await plain([255, 150, 0], 'png'));
  expect(answer).toMatchObject({ prediction: 'orange', model: { name: 'small', trained: true } });
});
