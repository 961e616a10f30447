// How photos come to the page: chosen, dropped, pasted; one, several, fifty, of every kind.
import type { Job } from '@synset/shared';
import { halves, plain, type Rgb, testPhoto, withComment } from '@synset/shared/testing';
import { expect, test } from 'vitest';
import { type FakeWorker, tabby } from '../fake-worker.ts';
import { axe, inBrowser, openPage, shot } from './browser.ts';
import { cardOf, cards, choose, drop, files, textOf, until, useSite } from './site.ts';

const boats = testPhoto('nagasaki-boats');
const ORANGE: Rgb = [255, 150, 0];
const BLUE: Rgb = [20, 40, 200];

inBrowser('photos', () => {
  const site = useSite();

  test('chosen: preview, five categories with bars, times', async () => {
    const page = await openPage(site.api.url);
    await axe(page);
    await shot(page, 'empty');
    await choose(page, await files({ 'boats.jpg': boats }));
    await until(page, 1, 'done');
    const card = cardOf(page, 'boats.jpg');
    expect(await card.locator('img').evaluate((img) => img.naturalWidth)).toBe(1024);
    const rows = card.locator('.ranks li');
    expect(await rows.count()).toBe(5);
    expect(await textOf(rows.first())).toMatch(/tabby[\s\S]*50\.0%/);
    expect(await rows.nth(1).locator('meter').getAttribute('value')).toBe('0.25');
    const facts = await textOf(card);
    for (const fact of ['Decode\n1.0 ms', 'Inference\n2.0 ms', 'JPEG, 1024 × 819', 'fake'])
      expect(facts).toContain(fact);
    expect(facts).toMatch(/Queue\n[\d.]+ ms/);
    expect(await page.locator('#status').textContent()).toContain('tabby, 50.0%');
    await axe(page);
    await shot(page, 'answer');
  });

  test('dropped', async () => {
    const page = await openPage(site.api.url);
    await drop(page, await files({ 'one.jpg': boats, 'two.jpg': withComment(boats, 'two') }));
    await until(page, 2, 'done');
    expect(await cards(page).count()).toBe(2);
  });

  test('pasted', async () => {
    const page = await openPage(site.api.url, {
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    const png = (await plain(BLUE, 'png')).toString('base64');
    await page.evaluate(`fetch('/assets/icon.svg').then(async () => {
      const bytes = Uint8Array.from(atob('${png}'), (c) => c.charCodeAt(0));
      const blob = new Blob([bytes], { type: 'image/png' });
      await navigator.clipboard.write([new ClipboardItem({ 'image/png': blob })]);
    })`);
    await page.keyboard.press('Control+V');
    await until(page, 1, 'done');
    expect(await textOf(cards(page))).toContain('PNG, 300 × 280');
  });

  test('several, one of them broken: it alone says what is wrong and what to do', async () => {
    const page = await openPage(site.api.url, { expected: [/POST \/predict 415/] });
    await choose(
      page,
      await files({
        'good.jpg': boats,
        'notes.jpg': 'These are notes.',
        'other.jpg': withComment(boats, 'other'),
      }),
    );
    await until(page, 2, 'done');
    await until(page, 1, 'problem');
    const said = await textOf(cardOf(page, 'notes.jpg'));
    expect(said).toContain('none of the supported photo formats');
    expect(said).toContain('Save the photo as JPEG or PNG, and send that.');
    expect(said).not.toContain('Try again');
    await axe(page);
    await shot(page, 'several-one-broken');
  });

  test('a file that is too large is not sent', async () => {
    const page = await openPage(site.api.url);
    await choose(page, await files({ 'large.jpg': Buffer.alloc(10 * 1024 * 1024 + 1) }));
    await until(page, 1, 'problem');
    expect(await textOf(cards(page))).toContain('It has 10.1 MiB. The limit is 10 MiB.');
  });

  test('with alpha, turned by EXIF, without preview', async () => {
    const page = await openPage(site.api.url);
    const turned = halves(ORANGE, BLUE, 400, 300).withMetadata({ orientation: 6 }).jpeg();
    const alpha = halves(ORANGE, BLUE, 320, 240).ensureAlpha(0.5).png();
    await choose(
      page,
      await files({
        'alpha.png': await alpha.toBuffer(),
        'turned.jpg': await turned.toBuffer(),
        'scan.tiff': await plain(ORANGE, 'tiff'),
      }),
    );
    await until(page, 3, 'done');
    expect(await textOf(cardOf(page, 'alpha.png'))).toContain('PNG, 320 × 240');
    const upright = cardOf(page, 'turned.jpg');
    expect(
      await upright.locator('img').evaluate((img) => [img.naturalWidth, img.naturalHeight]),
    ).toEqual([300, 400]);
    const scan = cardOf(page, 'scan.tiff');
    await scan.getByText('No preview').waitFor();
    expect(await scan.locator('img').isVisible()).toBe(false);
    await axe(page);
    await shot(page, 'kinds-of-photos');
  });
});

inBrowser('photos that wait', () => {
  const held: [Job, FakeWorker][] = [];
  let hold = true;
  let underWay = 0;
  let most = 0;
  const reply = async ([job, worker]: [Job, FakeWorker]) => {
    underWay--;
    await worker.reply(job, tabby(job));
  };
  const site = useSite((job, worker) => {
    most = Math.max(most, ++underWay);
    if (hold) held.push([job, worker]);
    else void reply([job, worker]);
  });

  test('one that is cancelled can be tried again', async () => {
    const page = await openPage(site.api.url);
    await choose(page, await files({ 'boats.jpg': boats }));
    await expect.poll(() => held.length).toBe(1);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await until(page, 1, 'cancelled');
    await axe(page);
    await page.getByRole('button', { name: 'Try again' }).click();
    await expect.poll(() => held.length).toBe(2);
    for (const one of held.splice(0)) await reply(one);
    await until(page, 1, 'done');
  });

  test('fifty at once: all answered, at most four under way', { timeout: 120_000 }, async () => {
    const page = await openPage(site.api.url);
    most = 0;
    const names = Array.from({ length: 50 }, (_, i) => `photo-${i}.jpg`);
    const photos = names.map((name) => [name, withComment(boats, name)]);
    await drop(page, await files(Object.fromEntries(photos)));
    await until(page, 50);
    await until(page, 46, 'waiting');
    await expect.poll(() => held.length).toBe(4);
    // Whatever the page has sent until now has come before this answer.
    await page.evaluate(`fetch('/healthz').then((response) => response.text())`);
    expect(await cards(page, 'sending').count()).toBe(4);
    await shot(page, 'fifty-under-way');
    hold = false;
    for (const one of held.splice(0)) await reply(one);
    await until(page, 50, 'done');
    expect(most).toBe(4);
    expect(await textOf(page.locator('#history'))).toContain('50 of 50');
    await axe(page);
  });
});
