// Downloading from a server that does what it should, or breaks off.
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { modelCardSchema } from '../src/card.ts';
import { pause } from '../src/download/job.ts';
import { useProxies } from '../src/download/proxy.ts';
import { downloadModel } from '../src/download.ts';
import { ModelError } from '../src/error.ts';
import { downloadOf, QUICK } from './downloading.ts';
import { temporaryFolder } from './helpers.ts';
import { cardOf, hold, redirect, startHub, startProxy, status, whole } from './hub.ts';

const HALF = 100_000;

describe('a download', () => {
  it('brings the file, whole and with nothing beside it but the lock', async () => {
    const hub = await startHub(whole);
    const download = await downloadOf(hub.card);
    expect(await download.run()).toEqual({ path: download.path, fetched: true });
    expect(await download.read()).toEqual(hub.content);
    expect(await readdir(download.folder)).toEqual(['.small.onnx.lock', 'small.onnx']);
    expect(hub.requests[0]?.headers).toMatchObject({ 'accept-encoding': 'identity' });
    expect(hub.requests[0]?.headers.range).toBeUndefined();
    expect(download.lines).toEqual([]);
  });

  it('of a file that is there asks nobody, and one that is wrong is replaced', async () => {
    const hub = await startHub(whole);
    const download = await downloadOf(hub.card);
    await writeFile(download.path, hub.content);
    expect(await download.run()).toEqual({ path: download.path, fetched: false });
    expect(hub.requests).toHaveLength(0);
    await writeFile(download.path, 'wrong');
    expect(await download.run()).toMatchObject({ fetched: true });
    expect(await download.read()).toEqual(hub.content);
    expect(download.lines).toEqual([`${download.path} has a wrong checksum: fetching it again`]);
  });

  it('makes the model folder', async () => {
    const { card } = await startHub(whole);
    const folder = join(await temporaryFolder(), 'not', 'yet');
    await downloadModel(card, folder);
    expect((await stat(join(folder, 'small.onnx'))).size).toBe(card.bytes);
  });

  it('takes the addresses in order', async () => {
    const [first, second] = [await startHub(status(404)), await startHub(whole)];
    const download = await downloadOf(second.card);
    await download.run(cardOf(second.content, [`${first.url}/a`, `${second.url}/b`]));
    expect(first.requests.map(({ path }) => path)).toEqual(['/a']);
    expect(second.requests.map(({ path }) => path)).toEqual(['/b']);
  });

  it('follows redirects', async () => {
    const target = await startHub(whole);
    const hub = await startHub(redirect(() => `${target.url}/there`));
    const download = await downloadOf(cardOf(target.content, [`${hub.url}/small.onnx`]));
    await download.run();
    expect(target.requests.map(({ path }) => path)).toEqual(['/there']);
  });

  it.each([{ file: '../small.onnx' }, { file: 'a/b.onnx' }, { file: '..' }, { sha256: undefined }])(
    'of %j is refused before anything is written',
    async (fields) => {
      const { card } = await startHub(whole);
      const folder = await temporaryFolder();
      const bad = modelCardSchema.parse({ ...card, ...fields });
      await expect(downloadModel(bad, folder)).rejects.toThrow(ModelError);
      expect(await readdir(folder)).toEqual([]);
    },
  );
});

describe('a break', () => {
  it('costs only what is missing, if the file is still the same', async () => {
    const hub = await startHub(hold(HALF), whole);
    const download = await downloadOf(hub.card);
    const running = download.run();
    await download.until(HALF);
    hub.cut();
    await running;
    expect(await download.read()).toEqual(hub.content);
    const { headers } = hub.requests[1] ?? {};
    expect(headers).toMatchObject({ range: `bytes=${HALF}-`, 'if-range': '"one"' });
  });

  it('starts anew if the file has changed meanwhile', async () => {
    const hub = await startHub(hold(HALF), whole);
    const download = await downloadOf(hub.card);
    const right = hub.content;
    hub.content = Buffer.alloc(right.length);
    const running = download.run();
    await download.until(HALF);
    Object.assign(hub, { content: right, etag: '"two"' });
    hub.cut();
    await running;
    expect(await download.read()).toEqual(right);
    expect(download.lines.join()).not.toContain('wrong checksum');
  });

  it('leaves what came to a later run, Ctrl-C included', async () => {
    const hub = await startHub(hold(HALF), whole);
    const download = await downloadOf(hub.card);
    const stop = new AbortController();
    const running = download.run(hub.card, { signal: stop.signal });
    await download.until(HALF);
    stop.abort();
    await expect(running).rejects.toThrow(/abort/i);
    expect((await stat(`${download.path}.part`)).size).toBe(HALF);
    await download.run();
    expect(await download.read()).toEqual(hub.content);
    expect(hub.requests[1]?.headers.range).toBe(`bytes=${HALF}-`);
  });

  it.each([HALF, 200_000])('joins no parts of two files: %i old bytes', async (count) => {
    const hub = await startHub(whole);
    const download = await downloadOf(hub.card);
    await writeFile(`${download.path}.part`, Buffer.alloc(count));
    await download.run();
    expect(await download.read()).toEqual(hub.content);
    expect(download.lines.join()).toContain('wrong checksum of the joined parts');
  });

  it('leaves nothing that is longer than the file', async () => {
    const hub = await startHub(whole);
    const download = await downloadOf(hub.card);
    await writeFile(`${download.path}.part`, Buffer.alloc(200_001));
    await download.run();
    expect(hub.requests[0]?.headers.range).toBeUndefined();
  });
});

describe('a mirror', () => {
  it('is the only place that is asked', async () => {
    const [own, mirror] = [await startHub(whole), await startHub(whole)];
    const download = await downloadOf(own.card);
    mirror.content = own.content;
    await download.run(own.card, { mirror: `${mirror.url}/models/?key=1` });
    expect(mirror.requests.map(({ path }) => path)).toEqual(['/models/small.onnx?key=1']);
    expect(own.requests).toEqual([]);
  });

  it('gets the credentials of its address, which no message shows', async () => {
    const hub = await startHub(status(404));
    const download = await downloadOf(hub.card);
    const mirror = `${hub.url.replace('//', '//me:s%40cret@')}?key=hidden`;
    const message = await download.fail({ mirror });
    const basic = Buffer.from('me:s@cret').toString('base64');
    expect(hub.requests[0]?.headers.authorization).toBe(`Basic ${basic}`);
    expect(message).toContain(`${hub.url}/small.onnx: 404 Not Found`);
    expect(message).not.toMatch(/cret|hidden/);
  });
});

describe('a proxy', () => {
  it('is used where the environment names one', async () => {
    const [hub, proxy] = [await startHub(whole), await startProxy()];
    const download = await downloadOf(hub.card);
    const undo = useProxies({ HTTP_PROXY: proxy.url });
    await download.run().finally(undo);
    expect(proxy.asked).toEqual([hub.url.slice('http://'.length)]);
    expect(await download.read()).toEqual(hub.content);
  });

  it('is not used for what NO_PROXY names', async () => {
    const [hub, proxy] = [await startHub(whole), await startProxy()];
    const undo = useProxies({ HTTP_PROXY: proxy.url, NO_PROXY: '127.0.0.1' });
    await (await downloadOf(hub.card)).run().finally(undo);
    expect(proxy.asked).toEqual([]);
  });

  it('that refuses is named as the reason', async () => {
    const [hub, proxy] = [await startHub(whole), await startProxy(true)];
    const undo = useProxies({ HTTP_PROXY: proxy.url });
    const message = await (await downloadOf(hub.card)).fail().finally(undo);
    expect(message).toContain('Proxy response (403)');
  });

  it('that is no address is said', () => {
    expect(() => useProxies({ HTTPS_PROXY: 'not an address' })).toThrow(
      'bad setting: HTTPS_PROXY or HTTP_PROXY: not an address',
    );
  });
});

describe('several at once', () => {
  it('download it once: one does, the others wait', async () => {
    const hub = await startHub(hold(HALF), status(500));
    const first = await downloadOf(hub.card);
    const running = first.run();
    await first.until(HALF);
    const lines: string[] = [];
    const waiting = Array.from({ length: 3 }, () => {
      const told = Promise.withResolvers<void>();
      const report = {
        progress() {},
        say(line: string) {
          lines.push(line);
          told.resolve();
        },
      };
      const done = downloadModel(hub.card, first.folder, { limits: QUICK, report });
      return { told: told.promise, done };
    });
    await Promise.all(waiting.map(({ told }) => told));
    hub.release();
    const results = await Promise.all([running, ...waiting.map(({ done }) => done)]);
    expect(results.map(({ fetched }) => fetched)).toEqual([true, false, false, false]);
    expect(lines).toEqual(Array(3).fill('another process is fetching it: waiting for that'));
    expect(hub.requests).toHaveLength(1);
  });

  it('see it grow, which is as good as bytes of their own', async () => {
    const hub = await startHub(hold(HALF), status(500));
    const first = await downloadOf(hub.card);
    const running = first.run();
    await first.until(HALF);
    const second = await downloadOf(hub.card, first.folder);
    const waiting = second.run(hub.card, { firstByteMs: 1000, wait: pause });
    await second.until(-1);
    hub.more(50_000);
    await second.until(HALF + 50_000);
    await new Promise((done) => setTimeout(done, 1100)); // until the bound is over
    hub.release();
    expect(await running).toMatchObject({ fetched: true });
    expect(await waiting).toMatchObject({ fetched: false });
  });

  it('go on where one of them stops', async () => {
    const hub = await startHub(hold(HALF), whole);
    const first = await downloadOf(hub.card);
    const stop = new AbortController();
    const running = first.run(hub.card, { signal: stop.signal });
    await first.until(HALF);
    const second = downloadModel(hub.card, first.folder, { limits: QUICK });
    stop.abort();
    await expect(running).rejects.toThrow(/abort/i);
    expect(await second).toMatchObject({ fetched: true });
    expect(hub.requests[1]?.headers.range).toBe(`bytes=${HALF}-`);
  });
});

it('says of a folder that cannot be written what to do', async () => {
  const { card } = await startHub(whole);
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'file'), '');
  await expect(downloadModel(card, join(folder, 'file', 'models'))).rejects.toThrow(/MODEL_DIR/);
  await mkdir(join(folder, 'models', 'small.onnx.part'), { recursive: true });
  await expect(downloadModel(card, join(folder, 'models'))).rejects.toThrow(/MODEL_DIR/);
});
