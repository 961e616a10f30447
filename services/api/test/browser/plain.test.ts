// The page without JavaScript: the form, its result, its problem, and an opinion of the result.
import { testPhoto } from '@synset/shared/testing';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { axe, inBrowser, newPage, shot } from './browser.ts';
import { choose, files, textOf, useSite } from './site.ts';

inBrowser('without JavaScript', () => {
  const site = useSite();

  /** axe is a script: what it looks at is a page that could not load its own, in the style of none. */
  async function open(): Promise<[Page, Page]> {
    const expected = [/assets\/.*ERR_FAILED/, /POST \/ 415/];
    const page = await newPage({ javaScriptEnabled: false, expected });
    const looked = await newPage({ expected });
    await looked.route('**/*.js', (route) => route.abort());
    await looked.route('**/*.css', async (route) => {
      const response = await route.fetch();
      const body = (await response.text()).replaceAll('(scripting: none)', 'all');
      await route.fulfill({ response, body });
    });
    for (const one of [page, looked]) await one.goto(site.api.url);
    return [page, looked];
  }

  async function send(page: Page, name: string, bytes: Buffer | string): Promise<void> {
    await choose(page, await files({ [name]: bytes }));
    await Promise.all([
      page.waitForURL(site.api.url),
      page.getByRole('button', { name: 'Classify' }).click(),
    ]);
  }

  test('a photo gets its result, and the result an opinion', async () => {
    const [page, looked] = await open();
    await axe(looked);
    await shot(page, 'no-javascript');
    for (const one of [page, looked]) await send(one, 'boats.jpg', testPhoto('nagasaki-boats'));
    const first = page.locator('.ranks li').first();
    expect(await textOf(first)).toMatch(/tabby[\s\S]*50\.0%/);
    expect(await page.locator('.frame img').evaluate((img) => img.naturalWidth)).toBe(1024);
    await axe(looked);
    await shot(page, 'no-javascript-result');
    await page.getByRole('button', { name: 'Right' }).click();
    await page.waitForURL('**/feedback');
    const [row] = await exported(site.api.url);
    expect(row).toMatchObject({ correct: true, prediction: { index: 281 }, label: null });
  });

  test('a problem is a page of its own, with what to do', async () => {
    const [page, looked] = await open();
    for (const one of [page, looked]) await send(one, 'notes.txt', 'These are notes.');
    const said = await textOf(page.locator('.problem'));
    expect(said).toContain('none of the supported photo formats');
    expect(said).toContain('Save the photo as JPEG or PNG');
    await axe(looked);
    await shot(page, 'no-javascript-problem');
  });
});

async function exported(url: string): Promise<Record<string, unknown>[]> {
  const text = await (await fetch(`${url}/feedback?format=jsonl`)).text();
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}
