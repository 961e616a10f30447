import { testPhoto } from '@synset/shared/testing';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { form, post, read, startApi, type TestApi } from './api.ts';
import { type FakeWorker, startFakeWorker, tabby } from './fake-worker.ts';

const photo = testPhoto('nagasaki-boats');
let api: TestApi;
let worker: FakeWorker;

beforeAll(async () => {
  api = await startApi();
  worker = await startFakeWorker(inject('redisUrl'), api.prefix);
});

afterAll(async () => {
  await api.close();
  await worker.close();
});

test('the page, its assets, and what it says of the model', async () => {
  const response = await fetch(api.url);
  expect(response.headers.get('content-type')).toMatch('text/html');
  const html = await response.text();
  expect(html).toContain('10 MiB');
  expect(html).toMatch(/test card/i);
  const assets = [...html.matchAll(/"(\/assets\/[^"]+)"/g)].map(([, path]) => path);
  expect(assets.length).toBeGreaterThanOrEqual(3);
  for (const path of assets) expect((await fetch(api.url + path)).status, path).toBe(200);
  expect((await fetch(`${api.url}/assets/../app.ts`)).status).toBe(404);
  expect((await fetch(`${api.url}/assets/%2e%2e/app.ts`)).status).toBe(404);
});

test('the page comes whole, and is small', async () => {
  const html = await (await fetch(api.url)).text();
  const bytes = new Map([['/', Buffer.byteLength(html)]]);
  const load = async (path: string): Promise<void> => {
    if (bytes.has(path)) return;
    bytes.set(path, 0);
    const response = await fetch(api.url + path);
    expect(response.status, path).toBe(200);
    const text = await response.text();
    bytes.set(path, Buffer.byteLength(text));
    for (const [, name] of text.matchAll(/(?:from |import\()'\.\/([^']+)'/g))
      await load(`/assets/${name}`);
  };
  const named = [...html.matchAll(/"(\/assets\/[\w-]+\.(?:js|css))"/g)].map(
    ([, path]) => path ?? '',
  );
  for (const path of named) await load(path);
  // The type-ahead alone comes later: all else is named, so that nothing waits for the file that imports it.
  const later = [...bytes.keys()].filter((path) => path !== '/' && !named.includes(path));
  expect(later).toEqual(['/assets/labels.js']);
  expect([...bytes.values()].reduce((sum, size) => sum + size)).toBeLessThan(60_000);
});

test('the form without JavaScript answers with a page that shows photo and categories', async () => {
  const response = await post(api.url, form(photo));
  expect(response.status).toBe(200);
  const html = await response.text();
  expect(html).toContain('tabby');
  expect(html).toContain('Best match');
  const [path] = html.match(/\/display\/[\w-]+/) ?? [];
  const shown = await fetch(api.url + path);
  expect(shown.headers.get('content-type')).toBe('image/jpeg');
  expect(shown.headers.get('x-content-type-options')).toBe('nosniff');
  expect(Buffer.from(await shown.arrayBuffer()).equals(photo)).toBe(true);
  const [, id] = html.match(/name="id" value="([\w-]+)"/) ?? [];
  const opinion = new FormData();
  opinion.append('id', id ?? '');
  opinion.append('correct', 'true');
  const told = await fetch(`${api.url}/feedback`, {
    method: 'POST',
    body: opinion,
    headers: { accept: 'text/html' },
    redirect: 'manual',
  });
  expect(told.status).toBe(303);
});

test('an answer that may well be wrong says so', async () => {
  const unsure = await startApi();
  const fake = await startFakeWorker(inject('redisUrl'), unsure.prefix, (job, worker) => {
    void worker.reply(job, Object.assign(tabby(job), { confident: false }));
  });
  expect(await (await post(unsure.url, form(photo))).text()).toContain('Not sure, perhaps');
  await unsure.close();
  await fake.close();
});

test('a problem is shown on the page, with its status', async () => {
  const response = await post(api.url, form('<script>alert(1)</script>'));
  expect(response.status).toBe(415);
  expect(response.headers.get('content-type')).toMatch('text/html');
  expect(await response.text()).toContain('none of the supported photo formats');
});

test('photos of /predict, and what never was, are not displayed', async () => {
  const { id } = await read(await post(`${api.url}/predict`, form(photo)));
  for (const path of [id, 'nothing']) {
    const response = await fetch(`${api.url}/display/${path}`);
    expect(response.status).toBe(404);
    expect(await read(response)).toMatchObject({ code: 'NOT_FOUND' });
  }
});
