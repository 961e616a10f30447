// What people say of answers, from the page into the export; the history; and text that is none but text.
import { readFile } from 'node:fs/promises';
import { testPhoto, withComment } from '@synset/shared/testing';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { form, post, read } from '../api.ts';
import { axe, inBrowser, openPage, shot } from './browser.ts';
import { cardOf, cards, choose, files, textOf, until, useSite } from './site.ts';

const boats = testPhoto('nagasaki-boats');
const SCRIPT = '<img src=x onerror=alert(1)>';

inBrowser('what people say', () => {
  const site = useSite();

  /** Everything that was said, oldest first. */
  async function exported(): Promise<Record<string, unknown>[]> {
    const text = await (await fetch(`${site.api.url}/feedback?format=jsonl`)).text();
    return text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
  }

  async function answered(name: string, expected: RegExp[] = []): Promise<Page> {
    const page = await openPage(site.api.url, { expected });
    await choose(page, await files({ [name]: withComment(boats, name) }));
    await until(page, 1, 'done');
    return page;
  }

  /** The row of the export that it has become. */
  async function told(page: Page, act: () => Promise<void>) {
    const [response] = await Promise.all([page.waitForResponse('**/feedback'), act()]);
    expect(response.status()).toBe(201);
    const { id } = (await response.json()) as { id: string };
    return (await exported()).filter((row) => row.id === id);
  }

  const press = (page: Page, name: string) =>
    page.getByRole('button', { name, exact: true }).click();

  async function correct(page: Page): Promise<void> {
    await told(page, () => press(page, 'Wrong'));
    await page.getByRole('combobox').waitFor();
  }

  test('right', async () => {
    const page = await answered('right.jpg');
    const rows = await told(page, () => press(page, 'Right'));
    expect(rows).toMatchObject([{ correct: true, prediction: { index: 281 }, comment: null }]);
    await axe(page);
    await shot(page, 'told-right');
  });

  test('wrong, and a category by its first letters; the later word counts', async () => {
    const page = await answered('wrong.jpg');
    await correct(page);
    await page.getByRole('combobox').pressSequentially('oran');
    const option = page.getByRole('option', { name: /^orange/ });
    await option.waitFor();
    await axe(page);
    await shot(page, 'type-ahead');
    await option.click();
    const rows = await told(page, () => press(page, 'Send correction'));
    expect(rows).toMatchObject([
      { correct: false, label: { index: 950, label: 'orange' }, photo: { kept: false } },
    ]);
  });

  test('two categories of one name are told apart', async () => {
    const page = await answered('crane.jpg');
    await correct(page);
    await page.getByRole('combobox').pressSequentially('crane');
    await page.getByRole('option', { name: /n03126707/ }).click();
    const rows = await told(page, () => press(page, 'Send correction'));
    expect(rows).toMatchObject([{ label: { index: 517, synset: 'n03126707' } }]);
  });

  test('wrong, and words that are no category', async () => {
    const page = await answered('words.jpg');
    await correct(page);
    await page.getByRole('textbox', { name: /own words/ }).fill(`my cat Tom ${SCRIPT}`);
    const rows = await told(page, () => press(page, 'Send correction'));
    expect(rows).toMatchObject([{ label: null, comment: `my cat Tom ${SCRIPT}` }]);
  });

  test('what the service refuses is not shown as noted, and can be said again', async () => {
    const page = await answered('refused.jpg', [/POST \/feedback 503/]);
    const pressed = (name: string) =>
      page.getByRole('button', { name, exact: true }).getAttribute('aria-pressed');
    const refused = page.getByText('Not noted. 10 photos wait.').first();
    let asked = 0;
    let refusing = true;
    await page.route('**/feedback', async (route) => {
      asked++;
      const json = { success: false, status: 503, detail: '10 photos wait.' };
      if (refusing) await route.fulfill({ status: 503, json });
      else await route.continue();
    });
    for (const times of [1, 2]) {
      await Promise.all([page.waitForResponse('**/feedback'), press(page, 'Right')]);
      await refused.waitFor();
      await expect.poll(() => pressed('Right')).toBe('false');
      expect(asked).toBe(times);
    }
    refusing = false;
    expect(await told(page, () => press(page, 'Right'))).toMatchObject([{ correct: true }]);
    refusing = true;
    await Promise.all([page.waitForResponse('**/feedback'), press(page, 'Wrong')]);
    await expect.poll(() => pressed('Wrong')).toBe('false');
    expect(await pressed('Right')).toBe('true');
    await page.getByRole('combobox').fill('lemon');
    await Promise.all([page.waitForResponse('**/feedback'), press(page, 'Send correction')]);
    await expect.poll(() => pressed('Wrong')).toBe('false');
    expect(await historyOf(page)).toMatchObject([{ verdict: 'right', correction: '' }]);
  });

  test('of two words that are refused the one before them stays', async () => {
    const page = await answered('twice.jpg', [/POST \/feedback 503/]);
    await told(page, () => press(page, 'Right'));
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    await page.route('**/feedback', async (route) => {
      await released;
      await route.fulfill({ status: 503, json: { success: false, detail: 'Full.' } });
    });
    await press(page, 'Wrong');
    await page.getByRole('combobox').fill('lemon');
    await press(page, 'Send correction');
    const second = page.waitForEvent('response', {
      predicate: (response) =>
        (response.request().postData() ?? '').includes('951') && response.status() === 503,
    });
    release();
    await second;
    const pressed = page.locator('.verdict [aria-pressed=true]');
    await expect.poll(() => pressed.allTextContents()).toEqual(['Right']);
    expect(await historyOf(page)).toMatchObject([{ verdict: 'right', correction: '' }]);
  });

  test('right and then wrong again: what the form still shows is noted again', async () => {
    const page = await answered('again.jpg', [/POST \/feedback 503/]);
    await correct(page);
    await page.getByRole('combobox').fill('Lemon');
    await page.getByRole('textbox', { name: /own words/ }).fill('=a yellow one');
    await page.getByRole('checkbox').check();
    await told(page, () => press(page, 'Send correction'));
    const said = { verdict: 'wrong', correction: 'lemon', comment: "'=a yellow one" };
    expect(await historyOf(page)).toMatchObject([said]);
    await page.route('**/feedback', (route) => route.fulfill({ status: 503, json: {} }), {
      times: 1,
    });
    await press(page, 'Right');
    await page.getByText('Not noted. The service answered with status 503.').first().waitFor();
    expect(await historyOf(page)).toMatchObject([said]);
    await told(page, () => press(page, 'Right'));
    await page.getByText('Noted as right.').first().waitFor();
    const right = { verdict: 'right', correction: '', comment: '' };
    expect(await historyOf(page)).toMatchObject([right]);
    const rows = await told(page, () => press(page, 'Wrong'));
    expect(rows).toMatchObject([
      { label: { index: 951 }, comment: '=a yellow one', photo: { kept: true } },
    ]);
    await page.locator('.told', { hasText: 'Noted as lemon. Thank you.' }).waitFor();
    expect(await page.getByRole('combobox').inputValue()).toBe('Lemon');
    expect(await historyOf(page)).toMatchObject([said]);
  });

  test('the photo goes along only when the box says so', async () => {
    const page = await answered('keep.jpg');
    await correct(page);
    const box = page.getByRole('checkbox', { name: /Keep this photo/ });
    expect(await box.isChecked()).toBe(false);
    await box.check();
    await page.getByRole('combobox').pressSequentially('lemon');
    await page.getByRole('option', { name: /^lemon/ }).click();
    const rows = await told(page, () => press(page, 'Send correction'));
    expect(rows).toMatchObject([{ label: { index: 951 }, photo: { kept: true } }]);
  });
});

inBrowser('what others have written', () => {
  const site = useSite();

  test('a script in file name, label and problem is shown as text', async () => {
    const page = await openPage(site.api.url, { expected: [/POST \/predict 400/] });
    const answer = await read(await post(`${site.api.url}/predict?explain=true`, form(boats)));
    Object.assign(answer.predictions[0] ?? {}, { label: SCRIPT });
    const problem = { status: 400, code: 'INVALID_BODY', title: SCRIPT, detail: SCRIPT };
    const replies = [{ json: answer }, { status: 400, json: problem }];
    await page.route('**/predict**', (route) => route.fulfill(replies.shift()));
    const name = `${SCRIPT}.jpg`;
    await choose(page, await files({ [name]: boats, 'broken.jpg': 'broken' }));
    await until(page, 1, 'done');
    await until(page, 1, 'problem');
    expect(await cards(page, 'done').locator('.name').textContent()).toBe(name);
    expect(await page.locator('.ranks .label').first().textContent()).toBe(SCRIPT);
    expect(await textOf(cardOf(page, 'broken.jpg'))).toContain(SCRIPT);
    expect(await page.locator('img[src=x]').count()).toBe(0);
  });

  test('the history can be taken away as CSV, without formulas', async () => {
    const page = await openPage(site.api.url);
    const names = ['=1+1.jpg', 'a "quoted", name.jpg', 'two\nlines.jpg'];
    const photos = names.map((name) => [name, withComment(boats, name)]);
    await choose(page, await files(Object.fromEntries(photos)));
    await until(page, 3, 'done');
    const rows = await historyOf(page);
    const column = (name: string) => rows.map((row) => row[name]);
    expect(column('file').sort()).toEqual(["'=1+1.jpg", ...names.slice(1)].sort());
    expect(column('prediction')).toEqual(['tabby', 'tabby', 'tabby']);
  });
});

/** What the page lets somebody take away: a row for each photo, by the names of its columns. */
async function historyOf(page: Page): Promise<Record<string, string>[]> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Export as CSV' }).click(),
  ]);
  expect(download.suggestedFilename()).toMatch(/\.csv$/);
  const [head = [], ...rows] = parseCsv(await readFile(await download.path(), 'utf8'));
  expect(rows.map((row) => row.length)).toEqual(rows.map(() => head.length));
  return rows.map((row) => Object.fromEntries(head.map((name, i) => [name, row[i] ?? ''])));
}

/** As RFC 4180 has it. */
function parseCsv(text: string): string[][] {
  const cells = text.matchAll(/("(?:[^"]|"")*"|[^",\r\n]*)(,|\r\n)/g);
  const rows: string[][] = [[]];
  for (const [, cell = '', end] of cells) {
    rows.at(-1)?.push(cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell);
    if (end !== ',') rows.push([]);
  }
  return rows.slice(0, -1);
}
