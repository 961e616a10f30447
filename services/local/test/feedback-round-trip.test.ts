// From photos through what users say of their predictions to a data set, and back into the model.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { plain, type Rgb, randomPrefix, runProgram, testDataDir } from '@synset/shared/testing';
import { afterEach, expect, test } from 'vitest';
import { runCommand, temporaryFolder } from './command.ts';
import { startSystem, type TestSystem } from './system.ts';

const ACCURACY = new URL('../../worker/src/accuracy.ts', import.meta.url);

interface Known {
  file: string;
  index: number;
}

interface Judged {
  readonly photo: Buffer;
  /** Index of the category that a user knows it to show. */
  readonly truth: number;
}

let system: TestSystem | null = null;

afterEach(async () => {
  await system?.end();
  system = null;
});

const formOf = (fields: Record<string, string>, photo: Buffer): FormData => {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append('file', new Blob([new Uint8Array(photo)]), 'photo');
  return form;
};

/** The fields that the tests look into. */
interface Answer {
  id: string;
  predictions: { index: number }[];
  photoKept: boolean;
}

const post = async (url: string, body: FormData) => {
  const response = await fetch(url, { method: 'POST', body });
  return { status: response.status, ...((await response.json()) as Answer) };
};

/** Sends each photo and says what it shows. Gives how many were right. */
async function judgeAll({ url }: TestSystem, photos: Judged[]): Promise<number> {
  let right = 0;
  for (const { photo, truth } of photos) {
    const answer = await post(`${url}/predict`, formOf({}, photo));
    expect(answer).toMatchObject({ status: 200 });
    const correct = answer.predictions[0]?.index === truth;
    if (correct) right++;
    const label: Record<string, string> = correct ? {} : { label: `${truth}` };
    const said = { id: answer.id, correct: `${correct}`, keepPhoto: 'true', ...label };
    expect(await post(`${url}/feedback`, formOf(said, photo))).toMatchObject({
      status: 201,
      photoKept: true,
    });
  }
  return right;
}

/** What `make accuracy` finds in the data set that `make feedback` made. */
async function measure(folder: string, env: NodeJS.ProcessEnv) {
  const OUT = await temporaryFolder();
  const program = runProgram(ACCURACY, { OUT, ...env }, [folder]);
  const code = await program.exit;
  expect(code, program.output()).toBe(0);
  const [file = ''] = (await readdir(OUT)).filter((name) => name.endsWith('.json'));
  return JSON.parse(await readFile(join(OUT, file), 'utf8'));
}

async function roundTrip(photos: Judged[], env: NodeJS.ProcessEnv) {
  const KEY_PREFIX = randomPrefix();
  system = await startSystem({ ...env, KEY_PREFIX });
  const right = await judgeAll(system, photos);
  const folder = join(await temporaryFolder(), 'set');
  const settings = { PORT: `${system.port}`, DATA_DIR: system.dataDir, KEY_PREFIX };
  const run = (command: string) => runCommand('feedback', [command, folder], settings);
  expect(await run('export')).toMatchObject({ code: 0, stderr: '' });
  const measured = await measure(folder, env);
  expect(await run('clear')).toMatchObject({ stdout: `removed from Redis: ${photos.length}\n` });
  expect(await (await fetch(`${system.url}/feedback`)).text()).toBe('');
  return { right, measured };
}

test('the test card: what was said of colours is what accuracy counts', {
  timeout: 120_000,
}, async () => {
  const colours: [number, Rgb][] = [
    [950, [255, 150, 0]], // orange
    [951, [252, 235, 20]], // lemon
    [281, [225, 20, 30]], // a tabby, to whom the test card says strawberry
  ];
  const photos = colours.map(async ([truth, rgb]) => ({ truth, photo: await plain(rgb, 'png') }));
  const MODEL_DIR = process.env.SYNSET_TEST_MODEL_DIR ?? 'data/test-models';
  const env = { MODEL: 'testcard-int8', MODEL_DIR };
  const { right, measured } = await roundTrip(await Promise.all(photos), env);
  expect(right).toBe(2);
  expect(measured.figures).toMatchObject({ photos: 3, top1: { count: 2 } });
  expect(measured.leftOut).toMatchObject({ noPhotos: ['feedback.jsonl', 'metadata.csv'] });
});

const title = testDataDir
  ? 'a trained model and real photos'
  : 'a trained model and real photos (skipped: SYNSET_TEST_DATA is not set)';

test.skipIf(!testDataDir)(title, { timeout: 120_000 }, async () => {
  const data = testDataDir ?? '';
  const MODEL_DIR = await temporaryFolder();
  const MODEL = join(MODEL_DIR, 'card.json');
  const file = join(data, 'models', 'imagenet-mobilenetv2.onnx');
  await writeFile(MODEL, JSON.stringify({ name: 'mobilenetv2', file, trained: true }));
  const known: Known[] = JSON.parse(
    await readFile(join(data, 'photos', 'expected.json'), 'utf8'),
  ).photos;
  // Every tenth is said to be something else, and counts as that.
  const photos = known.map(async ({ file, index }: Known, i: number) => ({
    photo: await readFile(join(data, 'photos', file)),
    truth: i % 10 === 0 ? (index + 1) % 1000 : index,
  }));
  const { right, measured } = await roundTrip(await Promise.all(photos), { MODEL, MODEL_DIR });
  expect(measured.figures).toMatchObject({ photos: known.length, top1: { count: right } });
  expect(right).toBeLessThanOrEqual(0.9 * known.length);
  expect(right).toBeGreaterThan(0.8 * known.length);
});
