// What the page says when the service has gone, is full, or comes back.
import type { Job } from '@synset/shared';
import { freePort, randomPrefix, testPhoto, withComment } from '@synset/shared/testing';
import { expect, inject, onTestFinished, test } from 'vitest';
import { startApi } from '../api.ts';
import { type FakeWorker, startFakeWorker, tabby } from '../fake-worker.ts';
import { startServer } from '../server.ts';
import { axe, inBrowser, openPage, shot } from './browser.ts';
import { cardOf, cards, choose, files, textOf, until } from './site.ts';

const boats = testPhoto('nagasaki-boats');
const twoPhotos = { 'one.jpg': boats, 'two.jpg': withComment(boats, 'two') };

async function startWorker(...args: Parameters<typeof startFakeWorker>): Promise<FakeWorker> {
  const worker = await startFakeWorker(...args);
  onTestFinished(() => worker.close());
  return worker;
}

inBrowser('the service', () => {
  /** Killed while these photos are under way; gives what starts it again. */
  async function killed(photos: Record<string, Buffer>) {
    const KEY_PREFIX = randomPrefix();
    const PORT = `${await freePort()}`;
    const taken = Promise.withResolvers<void>();
    let answers = false;
    const onJob = (job: Job, worker: FakeWorker) => {
      if (answers) void worker.reply(job, tabby(job));
      else if (worker.jobs.length === Object.keys(photos).length) taken.resolve();
    };
    await startWorker(inject('redisUrl'), KEY_PREFIX, onJob);
    const first = await startServer({ KEY_PREFIX, PORT });
    const page = await openPage(first.url, { expected: [/net::ERR_/] });
    await choose(page, await files(photos));
    await taken.promise;
    first.process.kill('SIGKILL');
    await first.exit;
    const startAgain = async () => {
      answers = true;
      const second = await startServer({ KEY_PREFIX, PORT });
      onTestFinished(async () => {
        second.process.kill('SIGTERM');
        await second.exit;
      });
    };
    return { page, startAgain };
  }

  test('killed with a photo under way: plain words, and another try', async () => {
    const { page, startAgain } = await killed({ 'one.jpg': boats });
    await until(page, 1, 'problem');
    const said = await textOf(cards(page).first());
    expect(said).toContain('The service did not answer');
    expect(said).toContain('Check the connection');
    await axe(page);
    await shot(page, 'service-gone');
    await startAgain();
    await cardOf(page, 'one.jpg').getByRole('button', { name: 'Try again' }).click();
    await until(page, 1, 'done');
  });

  test('killed with several: they wait, and go on when it is back', async () => {
    const { page, startAgain } = await killed(twoPhotos);
    await page
      .getByText(/In \d+ s: the service did not answer/)
      .first()
      .waitFor();
    await axe(page);
    await shot(page, 'service-gone-several');
    await startAgain();
    await until(page, 2, 'done');
  });

  test('with a full queue: when to come again, and the photo is not lost', async () => {
    const api = await startApi({ QUEUE_LIMIT: '1' });
    onTestFinished(() => api.close());
    const busy = await startFakeWorker(inject('redisUrl'), api.prefix, () => {}, { reads: false });
    const page = await openPage(api.url, { expected: [/POST \/predict 503/] });
    await choose(page, await files({ 'one.jpg': boats }));
    await until(page, 1, 'sending');
    await choose(page, await files({ 'two.jpg': withComment(boats, 'two') }));
    await until(page, 1, 'problem');
    const card = cardOf(page, 'two.jpg');
    expect(await textOf(card)).toMatch(/Wait \d+ seconds?, then send the photo again\./);
    await axe(page);
    await shot(page, 'queue-full');
    await startWorker(inject('redisUrl'), api.prefix);
    await until(page, 1, 'done');
    await card.getByRole('button', { name: 'Try again' }).click();
    await until(page, 2, 'done');
    await busy.close();
  });
});
