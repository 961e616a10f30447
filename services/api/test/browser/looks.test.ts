// What the page looks like: on a phone, in the dark, with little motion, and that nothing jumps.
import { testPhoto, withComment } from '@synset/shared/testing';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { tabby } from '../fake-worker.ts';
import { axe, inBrowser, newPage, openPage, shot } from './browser.ts';
import { choose, files, textOf, until, useSite } from './site.ts';

const boats = testPhoto('nagasaki-boats');
const phone = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };

async function answered(page: Page): Promise<void> {
  await choose(page, await files({ 'boats.jpg': boats, 'more.jpg': withComment(boats, 'more') }));
  await until(page, 2, 'done');
}

inBrowser('the looks', () => {
  const site = useSite();

  test('a phone scrolls one way, and has targets for thumbs', async () => {
    const page = await openPage(site.api.url, phone);
    await shot(page, 'phone-empty');
    await answered(page);
    const widths = page.locator('html').evaluate((html) => [html.scrollWidth, html.clientWidth]);
    expect(await widths).toEqual([360, 360]);
    const small: string[] = [];
    for (const target of await page.locator('button, select, input:not([type=file])').all()) {
      const box = await target.boundingBox();
      const name = await target.evaluate((element) => element.outerHTML);
      if (box && (await target.isVisible()) && (box.height < 24 || box.width < 24))
        small.push(`${box.width} x ${box.height}: ${name}`);
    }
    expect(small).toEqual([]);
    await axe(page);
    await shot(page, 'phone-answer');
  });

  test('dark where the system is dark, with the same contrast', async () => {
    const background = (page: Page) =>
      page.evaluate<string>('getComputedStyle(document.documentElement).backgroundColor');
    const light = await openPage(site.api.url, { colorScheme: 'light' });
    const dark = await openPage(site.api.url, { colorScheme: 'dark' });
    expect(await background(light)).not.toBe(await background(dark));
    await axe(dark);
    await shot(dark, 'dark-empty');
    await answered(dark);
    await axe(dark);
    await shot(dark, 'dark-answer');
  });

  test('nothing moves for those who want no motion', async () => {
    const moving = (page: Page) =>
      page.evaluate<string[]>(
        `document.getAnimations().map((a) => a.animationName ?? a.transitionProperty)`,
      );
    const page = await openPage(site.api.url, { reducedMotion: 'reduce' });
    await choose(page, await files({ 'boats.jpg': boats }));
    await until(page, 1, 'done');
    expect(await moving(page)).toEqual([]);
  });
});

/** Those that follow something that was done on the page too: an answer that comes fast is no excuse. */
const WATCH_SHIFTS = `
  window.shifts = [];
  window.shiftObserver = new PerformanceObserver((list) => note(list.getEntries()));
  const note = (entries) => shifts.push(...entries.flatMap(({ sources }) =>
    sources.map(({ node, previousRect, currentRect }) =>
      (node?.outerHTML ?? node?.textContent) + JSON.stringify([previousRect, currentRect]))));
  shiftObserver.observe({ type: 'layout-shift', buffered: true });
  window.shiftsUntilNow = async () => {
    // The browser tells of a shift after the frame that has it.
    for (let i = 0; i < 3; i++) await new Promise(requestAnimationFrame);
    note(shiftObserver.takeRecords());
    return shifts.splice(0);
  };`;

inBrowser('what stays in its place', () => {
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const site = useSite((job, worker) => void released.then(() => worker.reply(job, tabby(job))));
  const shifts = (page: Page) => page.evaluate<string[]>('shiftsUntilNow()');

  test('nothing jumps while the page loads, nor when an answer arrives', async () => {
    const page = await newPage();
    await page.addInitScript(WATCH_SHIFTS);
    await page.goto(site.api.url);
    await page.locator('html.js-on').waitFor();
    expect(await shifts(page)).toEqual([]);
    await choose(page, await files({ 'boats.jpg': boats }));
    await until(page, 1, 'sending');
    await page.locator('.card img').evaluate((img) => img.decode());
    await shifts(page);
    release();
    await until(page, 1, 'done');
    expect(await shifts(page)).toEqual([]);
    // The observer does see what jumps.
    await page.locator('h1').evaluate((h1) => {
      h1.style.marginTop = '100px';
    });
    expect(await shifts(page)).not.toEqual([]);
  });
});

inBrowser('the test card', () => {
  const site = useSite((job, worker) => {
    const trained = job.image.includes('trained');
    void worker.reply(job, Object.assign(tabby(job), { model: { name: 'fake', trained } }));
  });

  test('is named as such, until an answer comes from a trained model', async () => {
    const page = await newPage();
    // The strip would know it sooner.
    await page.route('**/live', (route) => route.fulfill({ status: 204 }));
    await page.goto(site.api.url);
    const banner = page.locator('#testcard');
    expect(await textOf(banner)).toContain('make model');
    await choose(page, await files({ 'boats.jpg': boats }));
    await until(page, 1, 'done');
    expect(await banner.isVisible()).toBe(true);
    await choose(page, await files({ 'more.jpg': withComment(boats, 'trained') }));
    await until(page, 2, 'done');
    expect(await banner.isVisible()).toBe(false);
  });
});
