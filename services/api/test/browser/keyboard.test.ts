// The page by keyboard alone: all can be reached and seen, nothing loses the focus.
import { testPhoto, withComment } from '@synset/shared/testing';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { inBrowser, openPage, shot } from './browser.ts';
import { cards, choose, files, until, useSite } from './site.ts';

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

  test.each([
    ['Enter', 'r'],
    ['Space', 'R'],
  ])('%s chooses a photo, %s says that it is right', async (key, right) => {
    const page = await openWithFile();
    await tabTo(page, /^Choose/);
    await page.keyboard.press(key);
    await until(page, 1, 'done');
    expect(await focused(page)).toContain('boats.jpg');
    await shot(page, 'keyboard-focus');
    const told = page.waitForResponse('**/feedback');
    await page.keyboard.press(right);
    expect((await told).status()).toBe(201);
    await focused(page);
  });

  /** The field that asks what the photo is, with this typed into it. */
  async function typed(name: string, text: string): Promise<Page> {
    const page = await openPage(site.api.url);
    await choose(page, await files({ [name]: withComment(boats, name) }));
    await until(page, 1, 'done');
    const told = page.waitForResponse('**/feedback');
    await page.keyboard.press('w');
    await told;
    expect(await focused(page)).toBeDefined();
    await page.keyboard.type(text);
    await page.getByRole('option').first().waitFor();
    expect(await page.locator('[role=option][aria-selected=true]').count()).toBe(0);
    return page;
  }

  /** What the service has of it when `act` has sent it. */
  async function noted(page: Page, act: () => Promise<void>): Promise<Record<string, unknown>> {
    const [told] = await Promise.all([page.waitForResponse('**/feedback'), act()]);
    expect(told.status()).toBe(201);
    const { id } = (await told.json()) as { id: string };
    const lines = await (await fetch(`${site.api.url}/feedback?format=jsonl`)).text();
    const rows = lines
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    return rows.find((row) => row.id === id);
  }

  const sent = (page: Page) =>
    noted(page, async () => {
      await tabTo(page, /^Send/);
      await page.keyboard.press('Enter');
    });

  test('w asks what it is, arrows choose a category, Enter sends it', async () => {
    const page = await typed('arrows.jpg', 'tiger');
    expect(await page.getByRole('option').allTextContents()).toEqual([
      expect.stringMatching(/^tiger n/),
      expect.stringMatching(/^tiger cat/),
      expect.stringMatching(/^tiger shark/),
      expect.stringMatching(/^tiger beetle/),
    ]);
    for (const key of ['ArrowDown', 'ArrowDown', 'ArrowDown', 'ArrowUp', 'Enter'])
      await page.keyboard.press(key);
    await focused(page);
    expect(await sent(page)).toMatchObject({ label: { label: 'tiger cat' }, comment: null });
    await focused(page);
  });

  test('Enter takes the category of that very name, and no other', async () => {
    const exact = await typed('exact.jpg', 'Tiger');
    await exact.keyboard.press('Enter');
    expect(await exact.getByRole('combobox').inputValue()).toBe('tiger');
    expect(await sent(exact)).toMatchObject({ label: { label: 'tiger' }, comment: null });
    const words = await typed('words.jpg', 'dog');
    const row = await noted(words, () => words.keyboard.press('Enter'));
    expect(row).toMatchObject({ label: null, comment: 'dog' });
  });

  test('categories that come late open no list that nobody is at', async () => {
    const page = await openPage(site.api.url);
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    await page.route('**/labels', async (route) => {
      await released;
      await route.continue();
    });
    await choose(page, await files({ 'late.jpg': withComment(boats, 'late') }));
    await until(page, 1, 'done');
    const asked = page.waitForRequest('**/labels');
    await page.keyboard.press('w');
    await page.keyboard.type('tig');
    await asked;
    await page.keyboard.press('Tab');
    await Promise.all([page.waitForResponse('**/labels'), release()]);
    await page.evaluate(`fetch('/labels').then((reply) => reply.json())`);
    expect(await page.getByRole('option').count()).toBe(0);
    await page.getByRole('combobox').fill('tige');
    await page.getByRole('option').first().waitFor();
  });

  test('a card that changes keeps the focus', async () => {
    const page = await openPage(site.api.url, { expected: [/POST \/predict 415/] });
    await page.locator('#file').setInputFiles(await files({ 'notes.jpg': 'These are notes.' }));
    await until(page, 1, 'problem');
    await focused(page);
    expect(await cards(page).count()).toBe(1);
  });
});
