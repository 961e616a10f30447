// The command line as a real process.
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { runProgram } from '@synset/shared/testing';
import { describe, expect, it } from 'vitest';
import { defaultModelName, loadModel, ModelError } from '../src/index.ts';
import { readSettings } from '../src/settings.ts';
import { makeTestCard } from '../src/testcard/make.ts';
import { sharedModelDir, temporaryFolder, tinyModel } from './helpers.ts';
import { cardOf, hold, startHub, status, whole } from './hub.ts';

const CLI = new URL('../src/cli.ts', import.meta.url);
/** Nothing is there, so that no test reaches the real addresses of the catalogue. */
const NOWHERE = 'http://127.0.0.1:1';
const HALF = 100_000;

function start(args: string[], env: NodeJS.ProcessEnv = {}) {
  return runProgram(CLI, { MODEL_URL: NOWHERE, MODEL_DIR: '/nowhere', ...env }, args);
}

async function run(args: string[], env: NodeJS.ProcessEnv = {}) {
  const program = start(args, env);
  const code = await program.exit;
  return { code, output: program.output() };
}

/** A folder with the card of what `hub` has. */
async function cardFor(content: Buffer, url: string) {
  const folder = await temporaryFolder();
  const path = join(folder, 'card.json');
  await writeFile(path, JSON.stringify(cardOf(content, [`${url}/small.onnx`])));
  return { folder, path, file: join(folder, 'small.onnx') };
}

describe('usage', () => {
  it.each([[[]], [['unknown']], [['list', 'x']], [['inspect']], [['fetch', '--fast']]])(
    'is shown for %j, with exit code 2',
    async (args) => {
      const { code, output } = await run(args);
      expect(code).toBe(2);
      expect(output).toMatch(/^usage: .*fetch \[NAME\|CARD\].*inspect FILE/s);
    },
  );

  it('is shown when asked for', async () => {
    expect(await run(['--help'])).toMatchObject({ code: 0, output: /^usage: / });
  });
});

it('list says what there is, and what is in the model folder', async () => {
  const MODEL_DIR = await temporaryFolder();
  await writeFile(join(MODEL_DIR, 'resnet50-v1-12.onnx'), '');
  const { code, output } = await run(['list'], { MODEL_DIR });
  expect(code).toBe(0);
  expect(output).toMatch(/^resnet50-v1-12 +yes +102\.6 MB +yes +74\.97 %/m);
  expect(output).toMatch(/^resnet50-v2-7 +yes +102\.4 MB +no +75\.81 %/m);
  expect(output).toMatch(/^testcard +no +- +made/m);
  expect(output).toMatch(new RegExp(`^${defaultModelName()} .*\\(default\\)$`, 'm'));
});

describe('fetch', () => {
  it('verify, prepare: what it brings can be served', { timeout: 60_000 }, async () => {
    const hub = await startHub(whole);
    hub.content = await readFile(await makeTestCard('testcard-int8', sharedModelDir));
    const { path, file, folder } = await cardFor(hub.content, hub.url);
    const env = { MODEL: path, MODEL_DIR: join(folder, 'models'), MODEL_URL: '' };
    expect(await run(['fetch'], env)).toMatchObject({
      code: 0,
      output: new RegExp(`100 % of .* MB.*\n${file}: fetched, sha256 as expected\n$`),
    });
    expect((await run(['fetch'], env)).output).toContain('there already, and right');
    expect(hub.requests).toHaveLength(1);
    expect(await run(['verify', path], env)).toMatchObject({
      code: 0,
      output: `${file}: sha256 as expected\n`,
    });
    const prepared = await run(['prepare'], env);
    expect(prepared).toMatchObject({ code: 0, output: /^small: prepared as .*, \d+\.\d MB\n$/ });
    const { card, path: served } = await loadModel(path, env.MODEL_DIR);
    expect(card.trained).toBe(true);
    expect(prepared.output).toContain(served);
  });

  it('takes the model that suits the CPU, and says how to bring it by hand', async () => {
    const hub = await startHub(status(404));
    const MODEL_DIR = await temporaryFolder();
    const { code, output } = await run(['fetch'], { MODEL_DIR, MODEL_URL: hub.url });
    expect(code).toBe(1);
    const file = `${defaultModelName()}.onnx`;
    expect(hub.requests.map(({ path }) => path)).toEqual([`/${file}`]);
    expect(output).toMatch(/^synset models: cannot fetch .*404 Not Found.*\n$/);
    expect(output).toContain(`bring ${file} from https://`);
    expect(output).toContain(`into ${MODEL_DIR} by hand, or name a mirror by MODEL_URL`);
  });

  it('stopped by Ctrl-C keeps what came, and the next one goes on', async () => {
    const hub = await startHub(hold(HALF), whole);
    const { path, file } = await cardFor(hub.content, hub.url);
    const first = start(['fetch', path], { MODEL_URL: '' });
    await first.printed('50 %');
    first.process.kill('SIGINT');
    expect(await first.exit).toBe(130);
    expect(first.output()).toMatch(/stopped; the next fetch goes on from here\n$/);
    expect((await stat(`${file}.part`)).size).toBe(HALF);
    expect(await run(['fetch', path], { MODEL_URL: '' })).toMatchObject({ code: 0 });
    expect(hub.requests[1]?.headers.range).toBe(`bytes=${HALF}-`);
    expect(await readFile(file)).toEqual(hub.content);
  });

  it('waits for another process, and takes over when that is killed', async () => {
    const hub = await startHub(hold(HALF), whole);
    const { path, file } = await cardFor(hub.content, hub.url);
    const first = start(['fetch', path], { MODEL_URL: '' });
    await first.printed('50 %');
    const second = start(['fetch', path], { MODEL_URL: '' });
    await second.printed('another process is fetching it');
    first.process.kill('SIGKILL');
    expect(await second.exit).toBe(0);
    expect(hub.requests[1]?.headers.range).toBe(`bytes=${HALF}-`);
    expect(await readFile(file)).toEqual(hub.content);
  });

  it('has nothing to do for a test card', async () => {
    expect(await run(['fetch', 'testcard'])).toEqual({
      code: 0,
      output: 'testcard: nothing to fetch\n',
    });
  });

  it('refuses a name that is not in the catalogue', async () => {
    const { code, output } = await run(['fetch', 'resnet51']);
    expect(code).toBe(1);
    expect(output).toMatch(/^synset models: no model "resnet51": .*resnet50-v1-12-int8.*\n$/);
  });
});

describe('verify', () => {
  it('without a name looks at all that is there', async () => {
    const MODEL_DIR = await temporaryFolder();
    expect(await run(['verify'], { MODEL_DIR })).toMatchObject({ code: 1, output: /fetch one/ });
    await writeFile(join(MODEL_DIR, 'resnet50-v1-12.onnx'), 'half');
    await writeFile(join(MODEL_DIR, 'resnet50-v2-7.onnx'), 'half');
    const { code, output } = await run(['verify'], { MODEL_DIR });
    expect(code).toBe(1);
    expect(output).toMatch(/resnet50-v1-12\.onnx has 4 bytes.*resnet50-v2-7\.onnx has 4 bytes/);
  });

  it('finds one wrong byte', async () => {
    const { content } = await startHub();
    const { path, file } = await cardFor(content, NOWHERE);
    await writeFile(file, Buffer.from(content).fill(0, 5, 9));
    expect(await run(['verify', path])).toMatchObject({ code: 1, output: /has sha256 \w{64}, / });
  });
});

describe('a file of one’s own', () => {
  it('inspect says what is in it', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'own.onnx'), tinyModel());
    const { code, output } = await run(['inspect', join(folder, 'own.onnx')]);
    expect(code).toBe(0);
    expect(output).toMatch(/^input +data float32 \[N,3,224,224\]$/m);
    expect(output).toMatch(/^output +logits float32 \[N,1000\]$/m);
    expect(output).toMatch(/^opset +12, com\.microsoft 1$/m);
    expect(output).toMatch(/^ir +4$/m);
    expect(output).toMatch(/^parameters +3004 \(3001 float32, 1 uint8, 2 int64\)$/m);
    expect(output).toMatch(/^operators +5 \(1 AveragePool, 1 GlobalAveragePool, /m);
  });

  it('card writes its card, with which it is served; not over another', async () => {
    const folder = await temporaryFolder();
    const file = join(folder, 'own.onnx');
    const content = tinyModel({ input: 'image', output: 'scores' });
    await writeFile(file, content);
    const { code, output } = await run(['card', file]);
    expect(code).toBe(0);
    expect(output).toMatch(/own\.json: written\. Check "normalization"/);
    const loaded = await loadModel(join(folder, 'own.json'), join(folder, 'models'));
    expect(loaded.card).toMatchObject({ name: 'own', trained: true, input: 'image' });
    expect(JSON.parse(await readFile(join(folder, 'own.json'), 'utf8'))).toMatchObject({
      ...{ file: 'own.onnx', output: 'scores', sha256: loaded.sha256, bytes: content.length },
      normalization: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
    });
    expect(await run(['card', file])).toMatchObject({ code: 1, output: /is there already/ });
  });

  it.each(['inspect', 'card'])('%s of what is none is refused in a line', async (command) => {
    const folder = await temporaryFolder();
    const missing = await run([command, resolve(folder, 'gone.onnx')]);
    expect(missing).toMatchObject({ code: 1, output: /^synset models: cannot read .*\n$/ });
    await writeFile(join(folder, 'page.onnx'), '<html>');
    const page = await run([command, join(folder, 'page.onnx')]);
    expect(page).toMatchObject({ code: 1, output: /page\.onnx is not an ONNX model.*\n$/ });
    expect(await readdir(folder)).toEqual(['page.onnx']);
  });
});

describe('settings', () => {
  it('that are empty count as absent', () => {
    const env = { MODEL: '', MODEL_URL: '', MODEL_DIR: '' };
    expect(readSettings(env)).toMatchObject({ modelDir: 'data/models', model: undefined });
  });

  it('that are bad are named', async () => {
    expect(() => readSettings({ MODEL_URL: 'ftp://mirror' })).toThrow(ModelError);
    const { code, output } = await run(['fetch'], { MODEL_URL: 'mirror' });
    expect(code).toBe(1);
    expect(output).toMatch(
      /^synset models: bad setting: MODEL_URL: must be a http or https URL\n$/,
    );
  });
});
