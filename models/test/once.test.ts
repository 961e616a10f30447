// What several processes want is made once, whatever becomes of the others.
import { execFile } from 'node:child_process';
import { readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { loadModel } from '../src/index.ts';
import { withLock } from '../src/lock.ts';
import { temporaryFolder, tinyModel } from './helpers.ts';

const run = promisify(execFile);
const script = new URL('./load-process.ts', import.meta.url).pathname;

async function writeTiny() {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'tiny.onnx'), tinyModel());
  const card = join(folder, 'card.json');
  await writeFile(card, JSON.stringify({ name: 'tiny', file: 'tiny.onnx', trained: true }));
  return { folder, card, modelDir: join(folder, 'models'), count: join(folder, 'count') };
}

describe('a model that four processes want at once', () => {
  it('is prepared and checked once', { timeout: 60_000 }, async () => {
    const { card, modelDir, count } = await writeTiny();
    const env = { ...process.env, SYNSET_TEST_COUNT: count };
    const load = () => run(process.execPath, [script, card, modelDir], { env });
    const loaded = await Promise.all([load(), load(), load(), load()]);
    expect(new Set(loaded.map(({ stdout }) => stdout)).size).toBe(1);
    expect((await readFile(count, 'utf8')).trim().split('\n')).toHaveLength(1);
    // Model, dense layer and verdict: no lock and no temporary file is left.
    expect(await readdir(join(modelDir, 'prepared'))).toHaveLength(3);
  });

  it('that is a test card is made once', { timeout: 60_000 }, async () => {
    const { modelDir, count } = await writeTiny();
    const env = { ...process.env, SYNSET_TEST_COUNT: count };
    const load = () => run(process.execPath, [script, 'testcard-qop', modelDir], { env });
    await Promise.all([load(), load(), load(), load()]);
    expect((await readFile(count, 'utf8')).trim().split('\n')).toHaveLength(1);
    expect(await readdir(modelDir)).toHaveLength(2);
  });
});

describe('a lock', () => {
  it('of a process that died is taken over', async () => {
    const path = join(await temporaryFolder(), 'x.lock');
    // No system has a process of this number.
    await writeFile(path, `${hostname()} 999999999`);
    expect(await withLock(path, async () => 'done')).toBe('done');
    await expect(stat(path)).rejects.toThrow('ENOENT');
  });

  it('of another machine is taken over when it is not touched any more', async () => {
    const path = join(await temporaryFolder(), 'x.lock');
    await writeFile(path, 'elsewhere 1');
    const started = performance.now();
    expect(await withLock(path, async () => 'done', 300)).toBe('done');
    expect(performance.now() - started).toBeGreaterThan(290);
  });

  it('lets the work of one follow that of another, also when it fails', async () => {
    const path = join(await temporaryFolder(), 'x.lock');
    const gate = Promise.withResolvers<void>();
    const order: string[] = [];
    const first = withLock(path, async () => {
      await gate.promise;
      order.push('first');
      throw new Error('no');
    });
    const second = withLock(path, async () => order.push('second'));
    gate.resolve();
    await expect(first).rejects.toThrow('no');
    await second;
    expect(order).toHaveLength(2);
  });
});

describe('temporary files', () => {
  it('of a process that was killed are removed, those of one at work are not', async () => {
    const { card, modelDir } = await writeTiny();
    const { path } = await loadModel(card, modelDir);
    const old = `${path}.01234567-89ab-cdef-0123-456789abcdef.tmp`;
    const fresh = `${path}.11234567-89ab-cdef-0123-456789abcdef.tmp`;
    await writeFile(old, 'half');
    await writeFile(fresh, 'half');
    const anHourAgo = new Date(Date.now() - 3_600_000);
    await utimes(old, anHourAgo, anHourAgo);
    await loadModel(card, modelDir);
    const names = await readdir(join(modelDir, 'prepared'));
    expect(names.filter((name) => name.endsWith('.tmp'))).toEqual([fresh.split('/').at(-1)]);
  });
});
