// Several photos at once: those refused for now are sent again, and the rest can be stopped.
import type { Job } from '@synset/shared';
import { testPhoto, withComment } from '@synset/shared/testing';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { type FakeWorker, tabby } from '../fake-worker.ts';
import { inBrowser, openPage, shot } from './browser.ts';
import { cards, choose, files, textOf, until, useSite } from './site.ts';

const photosNamed = (...names: string[]) =>
  files(
    Object.fromEntries(
      names.map((name) => [`${name}.jpg`, withComment(testPhoto('nagasaki-boats'), name)]),
    ),
  );

const refusal = {
  status: 503,
  headers: { 'retry-after': '1' },
  json: {
    ...{ success: false, status: 503, code: 'QUEUE_FULL', title: 'The queue is full' },
    detail: '10 photos wait already.',
  },
};

/** Refuses the first so many photos; what it returns counts all that were sent. */
async function refuse(page: Page, times: number): Promise<() => number> {
  let sent = 0;
  await page.route('**/predict**', async (route) => {
    sent++;
    if (sent <= times) await route.fulfill(refusal);
    else await route.continue();
  });
  return () => sent;
}

inBrowser('several photos', () => {
  const held: [Job, FakeWorker][] = [];
  let hold = false;
  const reply = ([job, worker]: [Job, FakeWorker]) => worker.reply(job, tabby(job));
  const site = useSite((job, worker) => {
    if (hold) held.push([job, worker]);
    else void reply([job, worker]);
  });
  const expected = [/POST \/predict 503/];

  test('that a full queue refuses are sent again by themselves', async () => {
    const page = await openPage(site.api.url, { expected });
    const sent = await refuse(page, 2);
    await choose(page, await photosNamed('one', 'two'));
    await page.getByText('In 1 s: the queue is full').first().waitFor();
    await shot(page, 'batch-waits');
    expect(await textOf(page.locator('#history'))).toContain('the queue is full: goes on in 1 s');
    await until(page, 2, 'done');
    expect(sent()).toBe(4);
  });

  test('are not sent for ever', async () => {
    const page = await openPage(site.api.url, { expected });
    const sent = await refuse(page, 10);
    await choose(page, await photosNamed('three', 'four'));
    await until(page, 2, 'problem');
    expect(sent()).toBe(10);
    await page.getByRole('button', { name: 'Try 2 again' }).click();
    await until(page, 2, 'done');
  });

  test('that an instance of the version before refuses can be tried again', async () => {
    const page = await openPage(site.api.url, { expected: [/POST \/predict 400/] });
    const said = { title: 'Unknown or invalid option', detail: 'Unknown option: explain.' };
    const json = { success: false, status: 400, code: 'INVALID_OPTION', ...said };
    await page.route('**/predict**', (route) => route.fulfill({ status: 400, json }), { times: 1 });
    await choose(page, await photosNamed('upgrade'));
    await until(page, 1, 'problem');
    await page.getByRole('button', { name: 'Try again' }).click();
    await until(page, 1, 'done');
  });

  test('can be stopped, and tried again', async () => {
    hold = true;
    const before = site.worker.jobs.length;
    const page = await openPage(site.api.url);
    await choose(page, await photosNamed('a', 'b', 'c', 'd', 'e', 'f'));
    await expect.poll(() => held.length).toBe(4);
    await until(page, 2, 'waiting');
    const focused = page.locator('.card:first-child:focus');
    await page.getByRole('button', { name: 'Stop the rest' }).press('Enter');
    await until(page, 6, 'cancelled');
    await page.getByRole('button', { name: 'Try 6 again' }).waitFor();
    await focused.waitFor();
    expect(site.worker.jobs.length - before).toBe(4);
    hold = false;
    await page.getByRole('button', { name: 'Try 6 again' }).press('Enter');
    await until(page, 6, 'done');
    await focused.waitFor();
    expect(await cards(page).count()).toBe(6);
    for (const one of held) await reply(one);
  });
});

inBrowser('an answer', () => {
  const site = useSite((job, worker) => {
    const doubts = { confident: false, ...(job.explain && { explanation: null }) };
    void worker.reply(job, Object.assign(tabby(job), doubts));
  });

  test('that may well be wrong, of a model that cannot show why, says both', async () => {
    const page = await openPage(site.api.url);
    await choose(page, await photosNamed('doubt'));
    await until(page, 1, 'done');
    const said = await textOf(cards(page));
    expect(said).toContain('Not sure, perhaps');
    expect(said).toContain('This model cannot show why.');
    expect(await page.getByRole('button', { name: /^Why/ }).count()).toBe(0);
    expect(await page.locator('#status').textContent()).toContain('not sure, perhaps tabby');
    await shot(page, 'not-sure');
  });
});
