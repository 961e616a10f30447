// The page by keyboard alone: all can be reached and seen, nothing loses the focus.
import { testPhoto } from '@synset/shared/testing';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { inBrowser, openPage, shot } from './browser.ts';
import { cards, files, until, useSite } from './site.ts';

const boats = testPhoto('nagasaki-boats');

/** What the focus is on, in words; it must be on something, and be seen. */
async function focused(page: Page): Promise<string> {
  const focus = page.locator(':focus');
  expect(await focus.count(), 'something has the focus').toBe(1);
  return await focus.evaluate((element) => {
    const { outlineStyle, outlineWidth, boxShadow } =
      element.ownerDocument.defaultView.getComputedStyle(element);
    const seen = (outlineStyle !== 'none' && outlineWidth !== '0px') || boxShadow !== 'none';
    const box = element.getBoundingClientRect();
    const name = element.getAttribute('aria-label') ?? element.textContent.trim();
    if (!seen || box.width === 0) throw new Error(`the focus on "${name}" cannot be seen`);
    return name;
  });
}

/** Presses Tab until the focus is on what has this name. */
async function tabTo(page: Page, name: RegExp): Promise<void> {
  const passed: string[] = [];
  for (let i = 0; i < 40; i++) {
    await page.keyboard.press('Tab');
    const now = await focused(page);
    if (name.test(now)) return;
    passed.push(now);
  }
  throw new Error(`Tab has passed ${passed.join(' | ')}`);
}

inBrowser('by keyboard', () => {
  const site = useSite();

  /** A photo is chosen as soon as the page lets somebody choose. */
  async function openWithFile(): Promise<Page> {
    const page = await openPage(site.api.url);
    const paths = await files({ 'boats.jpg': boats });
    page.on('filechooser', (chooser) => void chooser.setFiles(paths));
    return page;
  }

  test.each(['Enter', 'Space'])('%s chooses a photo, r says that it is right', async (key) => {
    const page = await openWithFile();
    await tabTo(page, /^Choose/);
    await page.keyboard.press(key);
    await until(page, 1, 'done');
    expect(await focused(page)).toContain('boats.jpg');
    await shot(page, 'keyboard-focus');
    const told = page.waitForResponse('**/feedback');
    await page.keyboard.press('r');
    expect((await told).status()).toBe(201);
    await focused(page);
  });

  test('w asks what it is, arrows choose a category, Enter sends it', async () => {
    const page = await openWithFile();
    await page.getByRole('button', { name: /^Choose/ }).press('Enter');
    await until(page, 1, 'done');
    await page.keyboard.press('w');
    expect(await focused(page)).toBeDefined();
    await page.keyboard.type('tiger');
    await page.getByRole('option').first().waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await focused(page);
    await tabTo(page, /^Send/);
    const told = page.waitForResponse('**/feedback');
    await page.keyboard.press('Enter');
    expect((await told).status()).toBe(201);
    await focused(page);
  });

  test('a card that changes keeps the focus', async () => {
    const page = await openPage(site.api.url, { expected: [/POST \/predict 415/] });
    await page.locator('#file').setInputFiles(await files({ 'notes.jpg': 'These are notes.' }));
    await until(page, 1, 'problem');
    await focused(page);
    expect(await cards(page).count()).toBe(1);
  });
});
