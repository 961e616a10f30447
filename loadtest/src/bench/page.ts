// How the upload page feels in a real browser: until it can be used, until an answer is seen, and
// how long it is deaf while 50 photos are under way.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chromiumOptions, dropFiles, withComment } from '@synset/shared/testing';
import { type Browser, chromium, type Page } from 'playwright-core';
import type { Service } from '../service.ts';
import { type Estimate, estimate } from '../statistics.ts';
import type { Context } from './context.ts';

const DROPPED = 50;
/** Fifty photos take longer than all else. */
const DROPS = 7;
const ANSWERS_DEADLINE_MS = 120_000;

/** Milliseconds. */
export interface PageFigures {
  /** From the start of the navigation until the page's script listens. */
  readonly interactive: Estimate;
  /** From the end of the answer until the browser has painted it. */
  readonly painted: Estimate;
  /** Longest task of the page's main thread while 50 photos are answered. */
  readonly longestTask: Estimate;
  /** The most that a task has computed: without the waits for a core that others have. */
  readonly mostCpu: Estimate;
}

/** Null where there is no Chromium. */
export async function measurePage(context: Context): Promise<PageFigures | null> {
  const { plan, closing, say } = context.options;
  const options = chromiumOptions();
  if (!options) {
    say('page: skipped, there is no Chromium on PATH');
    return null;
  }
  say('page: 50 photos, first answer, interactive');
  const [one, ...others] = await copiesOf(context, 1 + plan.rounds);
  const many = await copiesOf(context, DROPPED);
  const browser = await chromium.launch(options);
  closing.defer(() => browser.close());
  return await context.withService({ model: 'testcard-int8' }, async (service) => {
    const round = (use: (page: Page) => Promise<number>) => inPage(browser, service, use);
    // The first page of a browser, and the first answer of a worker, take longer than any later one.
    await round((page) => untilPainted(page, one as string));
    const painted = await inTurn(others, (photo) => round((page) => untilPainted(page, photo)));
    const interactive = await inTurn(others, () => round(untilInteractive));
    const drops: LongestTask[] = [];
    while (drops.length < DROPS)
      drops.push(await inPage(browser, service, (page) => longestTaskOf(page, many)));
    await browser.close();
    const longestTask = estimate(drops.map(({ ms }) => ms));
    const mostCpu = estimate(drops.map(({ cpuMs }) => cpuMs));
    return { interactive, painted, longestTask, mostCpu };
  });
}

/** Files of different bytes: each is a photo of its own for the service. */
async function copiesOf(context: Context, count: number): Promise<string[]> {
  const photos = await context.photosOf('mp2');
  return await Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const photo = await readFile(photos[i % photos.length] as string);
      const file = join(context.options.folder, `${count}-${i}.jpg`);
      await writeFile(file, withComment(photo, `${count}-${i}`));
      return file;
    }),
  );
}

async function inTurn<Item>(
  items: readonly Item[],
  measure: (item: Item) => Promise<number>,
): Promise<Estimate> {
  const found: number[] = [];
  for (const item of items) found.push(await measure(item));
  return estimate(found);
}

/** A context of its own has an empty cache, as a first visit has. */
async function inPage<Found>(
  browser: Browser,
  service: Service,
  use: (page: Page) => Promise<Found>,
): Promise<Found> {
  const context = await browser.newContext();
  const page = await context.newPage();
  // The script marks the page when it listens; the observer is called when that task is over.
  await page.addInitScript(`new MutationObserver((_, observer) => {
    if (!document.documentElement?.classList.contains('js-on')) return;
    window.interactiveAt = performance.now();
    observer.disconnect();
  }).observe(document, { attributes: true, childList: true, subtree: true })`);
  await page.goto(service.url);
  const found = await use(page);
  await context.close();
  return found;
}

const untilInteractive = (page: Page): Promise<number> => page.evaluate<number>('interactiveAt');

async function untilPainted(page: Page, photo: string): Promise<number> {
  // The frame that shows the answer has been made when the task behind its animation frame runs.
  await page.evaluate(`window.paintedAt = new Promise((resolve) =>
    new MutationObserver((_, observer) => {
      if (!document.querySelector('.card[data-state=done]')) return;
      observer.disconnect();
      requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => resolve(performance.now());
        port2.postMessage(null);
      });
    }).observe(document.body, { attributes: true, childList: true, subtree: true }));
    undefined`);
  await page.locator('#file').setInputFiles(photo);
  return await page.evaluate<number>(`paintedAt.then((at) => at -
    performance.getEntriesByType('resource').find(({ name }) => new URL(name).pathname === '/predict').responseEnd)`);
}

interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  /** Microseconds; of the thread's CPU `tdur`. */
  readonly dur?: number | undefined;
  readonly tdur?: number | undefined;
}

export interface LongestTask {
  readonly ms: number;
  readonly cpuMs: number;
}

async function longestTaskOf(page: Page, photos: readonly string[]): Promise<LongestTask> {
  const browser = page.context().browser() as Browser;
  await browser.startTracing(page, { categories: ['toplevel', 'blink.user_timing'] });
  await page.evaluate(`performance.mark('drop'); undefined`);
  await dropFiles(await page.context().newCDPSession(page), photos, 300, 300);
  const done = page.locator('.card[data-state=done]');
  await done.nth(DROPPED - 1).waitFor({ state: 'attached', timeout: ANSWERS_DEADLINE_MS });
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as {
    traceEvents: TraceEvent[];
  };
  return longestTask(traceEvents, 'drop');
}

/** Of the thread that has set the mark, since then. Most CPU may be that of another task. */
export function longestTask(events: readonly TraceEvent[], mark: string): LongestTask {
  const from = events.find(({ name }) => name === mark);
  if (!from) throw new Error(`no mark "${mark}" in the trace`);
  const tasks = events.filter(
    ({ name, pid, tid, ts }) =>
      name.endsWith('RunTask') && pid === from.pid && tid === from.tid && ts >= from.ts,
  );
  if (tasks.length === 0) throw new Error('no task in the trace');
  const longest = (times: number[]) => times.reduce((a, b) => Math.max(a, b)) / 1000;
  return {
    ms: longest(tasks.map(({ dur = 0 }) => dur)),
    cpuMs: longest(tasks.map(({ tdur = 0 }) => tdur)),
  };
}
