// The strip that shows what goes on, in a real browser.
import { readFile } from 'node:fs/promises';
import { freePort, testPhoto } from '@synset/shared/testing';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest';
import type { LiveFigures } from '../../src/schemas/live.ts';
import { post, startApi, type TestApi } from '../api.ts';
import { type FakeWorker, startFakeWorker } from '../fake-worker.ts';
import { startServer } from '../server.ts';
import { inBrowser, newPage, openPage, shot } from './browser.ts';

const small: LiveFigures = {
  redis: true,
  workers: 1,
  backlog: 0,
  requestsPerS: 0,
  p50Ms: null,
  p95Ms: null,
  model: { name: 'fake', trained: false },
};
const large: LiveFigures = {
  redis: true,
  workers: 64,
  backlog: 1000,
  requestsPerS: 1234.5,
  p50Ms: 999,
  p95Ms: 9990,
  model: { name: 'a-model-of-a-name-that-is-longer-than-there-is-room-for', trained: false },
};
const unknown = { workers: null, backlog: null, requestsPerS: null, p50Ms: null, p95Ms: null };
const away: LiveFigures = { redis: false, ...unknown, model: null };

const file = (path: string) => readFile(new URL(`../../src/${path}`, import.meta.url));
const textOf = (page: Page, name: string) => page.locator(`[data-live="${name}"]`).textContent();
const untilSaid = (page: Page, text: string) =>
  page.locator('[data-live="state"]', { hasText: new RegExp(`^${text}$`) }).waitFor();

type Scripted = LiveFigures | number;

/** Answers /live itself: with the figures that are set by the time it is asked, or with a status. */
async function scripted(page: Page, first: Scripted | Promise<Scripted>) {
  let said = first;
  await page.route('**/live', async (route) => {
    const answer = await said;
    if (typeof answer === 'number') return await route.fulfill({ status: answer });
    const body = `retry: 100\n\ndata: ${JSON.stringify(answer)}\n\n`;
    await route.fulfill({ contentType: 'text/event-stream', body });
  });
  return (next: Scripted) => {
    said = next;
  };
}

function countStreams(page: Page): () => number {
  let asked = 0;
  page.on('request', (request) => {
    if (request.url().endsWith('/live')) asked++;
  });
  return () => asked;
}

test('it weighs less than 6 kB', async () => {
  const files = ['views/live.eta', 'public/live.js', 'public/live.css'].map(file);
  expect(Buffer.concat(await Promise.all(files)).length).toBeLessThan(6000);
});

inBrowser('the live strip', () => {
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

  test.each([
    ['light', 1400],
    ['dark', 1400],
    ['light', 360],
    ['dark', 360],
  ] as const)('tells what goes on, %s and %d wide', async (colorScheme, width) => {
    await post(`${api.url}/predict`, testPhoto('nagasaki-boats'), 'image/jpeg');
    const page = await openPage(api.url, { colorScheme, viewport: { width, height: 800 } });
    await untilSaid(page, 'Live');
    expect([await textOf(page, 'workers'), await textOf(page, 'backlog')]).toEqual(['1', '0']);
    expect(await textOf(page, 'requestsPerS')).toMatch(/^0\.\d$/);
    for (const name of ['p50Ms', 'p95Ms']) expect(await textOf(page, name)).toMatch(/^[\d.]+ ms$/);
    expect(await textOf(page, 'model')).toBe('fake');
    expect(await textOf(page, 'untrained')).toBe('not trained');
    await shot(page, `live-${colorScheme}-${width}`);
  });

  test.each([360, 800, 1400])('moves nothing while it changes, %d wide', async (width) => {
    const page = await newPage({
      viewport: { width, height: 800 },
      expected: [/^GET \/live 503$/],
    });
    const first = Promise.withResolvers<Scripted>();
    const set = await scripted(page, first.promise);
    const places = async () => {
      const boxes = await page.evaluate<number[][]>(`
        [...document.querySelectorAll('#live, #live dl > div, h1')]
          .map((element) => element.getBoundingClientRect())
          .map(({ x, y, width, height }) => [x, y, width, height])`);
      return boxes.map((box) => box.map(Math.round));
    };
    await page.goto(api.url);
    await untilSaid(page, 'Connecting');
    const before = await places();
    first.resolve(small);
    await untilSaid(page, 'Live');
    expect(await places()).toEqual(before);
    set(large);
    await page.locator('[data-live="backlog"]', { hasText: '1,000' }).waitFor();
    expect(await textOf(page, 'requestsPerS')).toBe('1234.5');
    expect([await textOf(page, 'p50Ms'), await textOf(page, 'p95Ms')]).toEqual([
      '999 ms',
      '9.99 s',
    ]);
    expect(await places()).toEqual(before);
    await shot(page, `live-large-${width}`);
    set(away);
    await untilSaid(page, 'No Redis');
    expect([await textOf(page, 'workers'), await textOf(page, 'model')]).toEqual(['–', '–']);
    expect(await places()).toEqual(before);
    set(503);
    await untilSaid(page, 'Not live');
    expect(await places()).toEqual(before);
    await shot(page, `live-lost-${width}`);
  });

  test.each([401, 503])('comes again after %d', async (status) => {
    const page = await newPage({ expected: [new RegExp(`^GET /live ${status}$`)] });
    const set = await scripted(page, status);
    await page.goto(api.url);
    await untilSaid(page, 'Not live');
    set(large);
    await untilSaid(page, 'Live');
    expect(await textOf(page, 'workers')).toBe('64');
  });

  test('brings what the page says of workers and their model up to date', async () => {
    const page = await newPage();
    const set = await scripted(page, { ...small, workers: 0, model: null });
    const banners = page.locator('.banner:visible');
    const untilShown = (...ids: string[]) =>
      expect.poll(() => banners.evaluateAll((all) => all.map((banner) => banner.id))).toEqual(ids);
    await page.goto(api.url);
    await untilShown('waiting');
    set(away);
    await untilSaid(page, 'No Redis');
    await untilShown('waiting');
    set(small);
    await untilShown('testcard');
    set(away);
    await untilSaid(page, 'No Redis');
    await untilShown('testcard');
    set({ ...small, model: { name: 'real', trained: true } });
    await untilShown();
  });

  test('comes again less and less often while it is refused', async () => {
    const page = await newPage({ expected: [/^GET \/live 503$/] });
    const asked = countStreams(page);
    await page.clock.install();
    await scripted(page, 503);
    await page.goto(api.url);
    // With pauses of two seconds it would be some 180 times, with those of a minute 25.
    await page.clock.runFor('30:00');
    expect(asked()).toBeGreaterThan(20);
    expect(asked()).toBeLessThan(45);
  });

  test('says nothing of a stream that ends and begins again', async () => {
    const page = await newPage();
    await scripted(page, small);
    await page.goto(api.url);
    await page.evaluate(`{
      window.said = [];
      const strip = document.getElementById('live');
      const note = () => said.push(strip.dataset.state);
      new MutationObserver(note).observe(strip, { attributes: true });
    }`);
    for (let i = 0; i < 5; i++) await page.waitForResponse(/\/live$/);
    expect(await page.evaluate('said')).not.toContain('lost');
  });

  test('looks only while it is looked at', async () => {
    const page = await newPage();
    const asked = countStreams(page);
    await page.goto(api.url);
    await untilSaid(page, 'Live');
    const turn = (hidden: boolean) =>
      page.evaluate(`
        Object.defineProperty(document, 'hidden', { value: ${hidden}, configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));`);
    await turn(true);
    while (api.app.underWay() > 0) await new Promise(setImmediate);
    await Promise.all([page.waitForRequest(/\/live$/), turn(false)]);
    await untilSaid(page, 'Live');
    expect(asked()).toBe(2);
  });

  test('says that the service has gone, and finds it again', async () => {
    const env = { PORT: `${await freePort()}` };
    const first = await startServer(env);
    const page = await openPage(first.url, { expected: [/^GET \/live net::/] });
    await untilSaid(page, 'Live');
    first.process.kill('SIGKILL');
    await first.exit;
    await untilSaid(page, 'Not live');
    const second = await startServer(env);
    onTestFinished(async () => {
      second.process.kill('SIGKILL');
      await second.exit;
    });
    await untilSaid(page, 'Live');
  });

  test('is not there without JavaScript', async () => {
    const page = await openPage(api.url, { javaScriptEnabled: false });
    expect(await page.locator('#live').isVisible()).toBe(false);
  });
});
