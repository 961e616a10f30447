// The service behind a page under test, the photos that come to it, and where its answers are seen.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dropFiles } from '@synset/shared/testing';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, inject, onTestFinished } from 'vitest';
import { startApi, type TestApi } from '../api.ts';
import { type FakeWorker, startFakeWorker } from '../fake-worker.ts';

export interface Site {
  api: TestApi;
  worker: FakeWorker;
}

/** For all tests of a group: an API of their own, and a worker that finds a tabby in everything. */
export function useSite(...worker: OnJob): Site {
  const site = {} as Site;
  beforeAll(async () => {
    site.api = await startApi();
    site.worker = await startFakeWorker(inject('redisUrl'), site.api.prefix, ...worker);
  });
  afterAll(async () => {
    await site.api.close();
    await site.worker.close();
  });
  return site;
}

type OnJob = [onJob?: Parameters<typeof startFakeWorker>[2]];

/** Files of these names in a folder of the test's. */
export async function files(content: Record<string, Buffer | string>): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'synset-page-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return await Promise.all(
    Object.entries(content).map(async ([name, bytes]) => {
      await writeFile(join(folder, name), bytes);
      return join(folder, name);
    }),
  );
}

export const choose = (page: Page, paths: readonly string[]): Promise<void> =>
  page.locator('#file').setInputFiles([...paths]);

/** Somewhere on the page, as from the file manager. */
export const drop = async (page: Page, paths: readonly string[]): Promise<void> =>
  await dropFiles(await page.context().newCDPSession(page), paths, 200, 200);

type State = 'waiting' | 'sending' | 'done' | 'problem' | 'cancelled';

export const cards = (page: Page, state?: State): Locator =>
  page.locator(state ? `#cards > .card[data-state=${state}]` : '#cards > .card');

export const cardOf = (page: Page, file: string): Locator =>
  page.locator('#cards > .card').filter({ hasText: file });

/** So many cards in this state are there. */
export const until = (page: Page, count: number, state?: State): Promise<void> =>
  cards(page, state)
    .nth(count - 1)
    .waitFor({ state: 'attached' });

/** What can be read there: nothing that is hidden. */
// biome-ignore lint/performance/useDomNodeTextContent: textContent has hidden text too.
export const textOf = (place: Locator): Promise<string> => place.innerText();
