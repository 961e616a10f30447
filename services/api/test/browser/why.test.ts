// The map of a category, with a real worker: it lies where on the screen the patch is seen.
import {
  type Area,
  patched,
  pixelsOf,
  type Rgb,
  runProgram,
  withComment,
} from '@synset/shared/testing';
import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { startApi, type TestApi } from '../api.ts';
import { axe, inBrowser, openPage, shot } from './browser.ts';
import { cardOf, choose, files, until } from './site.ts';

const WORKER = new URL('../../../worker/src/main.ts', import.meta.url);
const MODEL_DIR = process.env.SYNSET_TEST_MODEL_DIR ?? 'data/test-models';
/** What speaks for a jean, where all else is grey. */
const BLUE: Rgb = [20, 40, 200];

const differ = (one: Rgb, other: Rgb) =>
  one.reduce((sum, value, i) => sum + Math.abs(value - (other[i] ?? 0)), 0);

/** Of the places that have a weight: their bounds, and their middle by weight. */
function placesOf(weights: readonly (readonly number[])[]) {
  const places = weights.flatMap((row, y) =>
    row.flatMap((weight, x) => (weight > 0 ? [{ x, y, weight }] : [])),
  );
  const sum = (value: (place: (typeof places)[number]) => number) =>
    places.reduce((total, place) => total + place.weight * value(place), 0) / total;
  const total = places.reduce((all, { weight }) => all + weight, 0);
  const [xs, ys] = [places.map(({ x }) => x), places.map(({ y }) => y)];
  const ends = (values: number[]) => [
    values.reduce((a, b) => Math.min(a, b)),
    values.reduce((a, b) => Math.max(a, b)),
  ];
  return { x: sum(({ x }) => x), y: sum(({ y }) => y), xs: ends(xs), ys: ends(ys) };
}

/** The frame without its map and with it; where the patch is seen, and where the map. */
async function seen(card: Locator) {
  const frame = card.locator('.frame');
  const fade = card.getByRole('slider', { name: 'Strength' });
  const mask = [card.locator('.fade')];
  const picture = async () => await pixelsOf(await frame.screenshot({ mask, caret: 'initial' }));
  const withMap = await picture();
  await fade.fill('0');
  const without = await picture();
  await fade.fill('100');
  const patch = placesOf(without.map((row) => row.map((pixel) => +(differ(pixel, BLUE) < 60))));
  const map = placesOf(
    without.map((row, y) => row.map((pixel, x) => differ(pixel, withMap[y]?.[x] ?? pixel))),
  );
  return { patch, map };
}

inBrowser('why', () => {
  let api: TestApi;
  let worker: ReturnType<typeof runProgram>;

  beforeAll(async () => {
    api = await startApi();
    worker = runProgram(WORKER, {
      REDIS_URL: inject('redisUrl'),
      KEY_PREFIX: api.prefix,
      MODEL: 'testcard-int8',
      MODEL_DIR,
      LOG_LEVEL: 'info',
    });
    await worker.printed('"ready"');
  });

  afterAll(async () => {
    worker.process.kill('SIGTERM');
    await worker.exit;
    await api.close();
  });

  // The model sees the middle square of a photo, less an eighth.
  const photos: [string, Area, [number, number], number][] = [
    ['a square', { left: 30, top: 30, width: 110, height: 110 }, [300, 300], 1],
    ['a wide photo', { left: 260, top: 160, width: 110, height: 110 }, [480, 300], 1],
    ['a photo turned by EXIF', { left: 110, top: 30, width: 110, height: 110 }, [480, 300], 6],
  ];

  test.each(photos)(
    '%s: the map is where the patch is',
    async (_, patch, [width, height], turn) => {
      const photo = patched(BLUE, patch, width, height).withMetadata({ orientation: turn }).jpeg();
      const page = await openPage(api.url, { reducedMotion: 'reduce' });
      await choose(page, await files({ 'patch.jpg': await photo.toBuffer() }));
      await until(page, 1, 'done');
      const card = cardOf(page, 'patch.jpg');
      const why = card.getByRole('button', { name: 'Why jean?' });
      await why.click();
      expect(await why.getAttribute('aria-pressed')).toBe('true');
      const { patch: shown, map } = await seen(card);
      const [left = 0, right = 0] = shown.xs;
      const [top = 0, bottom = 0] = shown.ys;
      expect(map.x).toBeGreaterThan(left);
      expect(map.x).toBeLessThan(right);
      expect(map.y).toBeGreaterThan(top);
      expect(map.y).toBeLessThan(bottom);
      await axe(page);
      await shot(page, `why-${turn === 6 ? 'turned' : width}`);
      await why.click();
      expect(await card.locator('.heat').isVisible()).toBe(false);
    },
  );

  test('each of the five categories has its map, and one is shown at a time', async () => {
    const patch = { left: 30, top: 30, width: 110, height: 110 };
    const photo = withComment(await patched(BLUE, patch, 300, 300).jpeg().toBuffer(), 'five');
    const page = await openPage(api.url);
    await choose(page, await files({ 'patch.jpg': photo }));
    await until(page, 1, 'done');
    const whys = page.getByRole('button', { name: /^Why .+\?$/ });
    expect(await whys.count()).toBe(5);
    for (const why of await whys.all()) {
      await why.click();
      const pressed = page.locator('.why[aria-pressed=true]');
      expect(await pressed.count()).toBe(1);
      expect(await pressed.getAttribute('aria-label')).toBe(await why.getAttribute('aria-label'));
      expect(await page.locator('.heat').isVisible()).toBe(true);
    }
  });

  test('the same photo again is answered from the cache, and says so', async () => {
    const page = await openPage(api.url);
    const photo = await patched(BLUE, { left: 0, top: 0, width: 50, height: 50 }, 200, 200)
      .png()
      .toBuffer();
    await choose(page, await files({ 'first.png': photo }));
    await until(page, 1, 'done');
    const cached = (name: string) => cardOf(page, name).locator('[data-f=cached]').isVisible();
    expect(await cached('first.png')).toBe(false);
    await choose(page, await files({ 'again.png': photo }));
    await until(page, 2, 'done');
    expect(await cached('again.png')).toBe(true);
  });
});
