// Finding, checking and caching models; model cards; two processes' worth of loading at once.
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isPresent, loadModel, ModelError } from '../src/index.ts';
import { openSession, temporaryFolder, tinyModel } from './helpers.ts';

/** Writes a tiny model and a card with the given fields; undefined takes a field away. */
async function writeCard(fields: Record<string, unknown> = {}) {
  const folder = await temporaryFolder();
  const model = tinyModel();
  await writeFile(join(folder, 'tiny.onnx'), model);
  const path = join(folder, 'card.json');
  const card = { name: 'tiny', file: 'tiny.onnx', trained: true, ...fields };
  await writeFile(path, JSON.stringify(card));
  const sha256 = createHash('sha256').update(model).digest('hex');
  return { folder, path, model, sha256, modelDir: join(folder, 'models') };
}

async function failure(attempt: Promise<unknown>): Promise<string> {
  const error = await attempt.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ModelError);
  const { message } = error as ModelError;
  expect(message).not.toContain('\n');
  return message;
}

describe('a model card', () => {
  it('names a file beside it; unknown fields are ignored and the others have defaults', async () => {
    const { path, sha256, modelDir } = await writeCard({ comment: 'mine' });
    const loaded = await loadModel(path, modelDir);
    expect(loaded).toMatchObject({ sha256, explain: true });
    expect(loaded.card).toEqual({
      name: 'tiny',
      file: 'tiny.onnx',
      trained: true,
      input: 'data',
      normalization: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
    });
    expect(loaded.path.startsWith(join(modelDir, 'prepared', `${sha256}-`))).toBe(true);
    await (await openSession(loaded.path)).release();
  });

  it('may give bytes and sha256, which are checked', async () => {
    const { model, sha256 } = await writeCard();
    const good = await writeCard({ bytes: model.length, sha256: sha256.toUpperCase() });
    await expect(loadModel(good.path, good.modelDir)).resolves.toMatchObject({ sha256 });
    const short = await writeCard({ bytes: model.length + 1 });
    expect(await failure(loadModel(short.path, short.modelDir))).toMatch(
      `has ${model.length} bytes, ${model.length + 1} are expected`,
    );
    const other = await writeCard({ sha256: 'a'.repeat(64) });
    expect(await failure(loadModel(other.path, other.modelDir))).toMatch(
      `has sha256 ${sha256}, ${'a'.repeat(64)} is expected`,
    );
  });

  it.each([
    [{ name: undefined }, 'field "name"'],
    [{ file: undefined }, 'field "file"'],
    [{ trained: 'yes' }, 'field "trained"'],
    [{ sha256: 'abc' }, 'field "sha256"'],
    [{ normalization: { mean: [0, 0, 0], std: [1, 1, 0] } }, 'field "normalization.std.2"'],
  ])('with a bad field %j is refused by the name of the field', async (fields, message) => {
    const { path, modelDir } = await writeCard(fields);
    expect(await failure(loadModel(path, modelDir))).toContain(message);
  });

  it('that is not JSON is refused', async () => {
    const { path, modelDir } = await writeCard();
    await writeFile(path, '{\n name: tiny }');
    expect(await failure(loadModel(path, modelDir))).toContain(`model card ${path} is not JSON`);
  });

  it('whose file is missing says which', async () => {
    const { path, folder, modelDir } = await writeCard({ file: 'gone.onnx' });
    expect(await failure(loadModel(path, modelDir))).toContain(join(folder, 'gone.onnx'));
  });

  it('whose file is not ONNX is refused', async () => {
    const { path, folder, modelDir } = await writeCard();
    await writeFile(join(folder, 'tiny.onnx'), '<html>moved</html>');
    expect(await failure(loadModel(path, modelDir))).toContain('tiny.onnx is not an ONNX model');
  });

  it('that is not there is refused with the names of the catalogue', async () => {
    const message = await failure(loadModel('resnet51', await temporaryFolder()));
    expect(message).toContain('no model "resnet51"');
    expect(message).toContain('resnet50-v1-12-int8');
  });
});

describe('a catalogue name', () => {
  it('without its file says what to download, where to put it, and what works without', async () => {
    const folder = await temporaryFolder();
    const message = await failure(loadModel('resnet50-v1-12', folder));
    expect(message).toContain('resnet50-v1-12.onnx');
    expect(message).toContain('https://huggingface.co/onnxmodelzoo/resnet50-v1-12/resolve/');
    expect(message).toContain('https://huggingface.co/onnxmodelzoo/legacy_models/resolve/');
    expect(message).toContain(folder);
    expect(message).toContain('MODEL=testcard');
  });

  it('with a wrong file is refused before the file is read', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'resnet50-v1-12.onnx'), 'half');
    expect(await failure(loadModel('resnet50-v1-12', folder))).toContain('has 4 bytes');
  });

  it('is present when its file is; a test card always', async () => {
    const folder = await temporaryFolder();
    expect(await isPresent('resnet50-v1-12', folder)).toBe(false);
    await writeFile(join(folder, 'resnet50-v1-12.onnx'), '');
    expect(await isPresent('resnet50-v1-12', folder)).toBe(true);
    expect(await isPresent('testcard', folder)).toBe(true);
    expect(await isPresent('testcard-int8', folder)).toBe(true);
    expect(await isPresent('resnet51', folder)).toBe(false);
  });
});

describe('prepared files', () => {
  it('are made once, and anew when they are damaged', async () => {
    const { path, modelDir } = await writeCard();
    const first = await loadModel(path, modelDir);
    const content = await readFile(first.path);
    await writeFile(first.path, 'damaged');
    expect(await loadModel(path, modelDir)).toEqual(first);
    expect(await readFile(first.path)).toEqual(content);
    // Writing renames a new file into place, which would be another inode.
    const { ino } = await stat(first.path);
    expect(await loadModel(path, modelDir)).toEqual(first);
    expect((await stat(first.path)).ino).toBe(ino);
  });

  it('differ by normalization', async () => {
    const { path, folder, modelDir } = await writeCard();
    const first = await loadModel(path, modelDir);
    const normalization = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };
    const card = { name: 'tiny', file: 'tiny.onnx', trained: true, normalization };
    await writeFile(join(folder, 'other.json'), JSON.stringify(card));
    const second = await loadModel(join(folder, 'other.json'), modelDir);
    expect(second.sha256).toBe(first.sha256);
    expect(second.path).not.toBe(first.path);
  });

  it('need a folder that can be written', async () => {
    const { path, folder } = await writeCard();
    const file = join(folder, 'file');
    await writeFile(file, '');
    expect(await failure(loadModel(path, join(file, 'models')))).toContain('MODEL_DIR');
  });

  it('are whole when several load at once, test card and all', { timeout: 60_000 }, async () => {
    const modelDir = join(await temporaryFolder(), 'not', 'yet');
    await mkdir(modelDir, { recursive: true });
    const loads = [1, 2, 3].map(() => loadModel('testcard-int8', modelDir));
    const [first, ...others] = await Promise.all(loads);
    for (const other of others) expect(other).toEqual(first);
    await (await openSession(first?.path ?? '')).release();
    // The prepared model, its dense layer and what is known of it; no lock is left.
    expect(await readdir(join(modelDir, 'prepared'))).toHaveLength(3);
    expect(await readdir(modelDir)).toHaveLength(2);
  });
});

// mkdir's EEXIST was taken for a lock that somebody holds: a loop without end at full speed.
it('a file where a folder should be is said at once', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'prepared'), '');
  const loading = loadModel('testcard-int8', folder);
  await expect(loading).rejects.toThrow(ModelError);
  await expect(loading).rejects.toThrow(/cannot write .*prepared/);
});
