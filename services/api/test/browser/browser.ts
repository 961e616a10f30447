// Pages in a real browser: what a page complains of fails its test, whatever else the test looks at.
import { mkdir } from 'node:fs/promises';
import { chromiumOptions } from '@synset/shared/testing';
import axeCore from 'axe-core';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, describe, expect } from 'vitest';

const SCREENSHOTS = 'data/test-output/screenshots';
/** Less than a test has, so that the step that waits in vain is named. */
const STEP_TIMEOUT_MS = 10_000;
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

const options = chromiumOptions();

/** A group of tests that need a browser. */
export const inBrowser = (name: string, tests: () => void) =>
  options ? describe(name, tests) : describe.skip(`${name} (skipped: no Chromium on PATH)`, tests);

let browser: Promise<Browser> | null = null;
let pages: { page: Page; complaints: string[]; expected: RegExp[] }[] = [];

afterEach(async ({ task }) => {
  const opened = pages.splice(0);
  for (const { page } of opened) {
    if (task.result?.state === 'fail') await shot(page, `failed-${task.name}`).catch(() => {});
    await page.context().close();
  }
  for (const { complaints, expected } of opened) {
    expect(complaints.filter((line) => !expected.some((known) => known.test(line)))).toEqual([]);
  }
});

afterAll(async () => {
  pages = [];
  await (await browser)?.close();
});

export interface PageOptions extends BrowserContextOptions {
  /** Complaints that belong to the test, as `POST /predict 503`. */
  readonly expected?: RegExp[];
}

/** A page in a context of its own, not yet anywhere; closed after the test. */
export async function newPage({ expected = [], ...context }: PageOptions = {}): Promise<Page> {
  if (!options) throw new Error('no Chromium on PATH');
  browser ??= chromium.launch(options);
  const page = await (await (await browser).newContext(context)).newPage();
  page.setDefaultTimeout(STEP_TIMEOUT_MS);
  pages.push({ page, complaints: await listen(page), expected });
  return page;
}

/** A page at `url`, with its script at work. */
export async function openPage(url: string, options: PageOptions = {}): Promise<Page> {
  const page = await newPage(options);
  await page.goto(url);
  if (options.javaScriptEnabled ?? true) await page.locator('html.js-on').waitFor();
  return page;
}

/** What the page has done so far that it should not. */
export const complaintsOf = (page: Page): readonly string[] =>
  pages.find((opened) => opened.page === page)?.complaints ?? [];

async function listen(page: Page): Promise<string[]> {
  const complaints: string[] = [];
  page.on('console', (message) => {
    // That a resource failed is told below, with its method.
    const known = message.text().startsWith('Failed to load resource');
    if (message.type() === 'error' && !known) complaints.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(`uncaught: ${error.stack ?? error}`));
  page.on('response', (response) => {
    if (response.status() >= 400)
      complaints.push(`${about(response.request())} ${response.status()}`);
  });
  page.on('requestfailed', (request) => {
    const text = request.failure()?.errorText;
    // Cancelled by the page itself; or a module where JavaScript is off. What the policy forbids is told below.
    if (text !== 'net::ERR_ABORTED' && text !== 'csp') complaints.push(`${about(request)} ${text}`);
  });
  await page.exposeBinding('reportViolation', (_, what: string) => complaints.push(`CSP: ${what}`));
  await page.addInitScript(`document.addEventListener('securitypolicyviolation', (event) =>
    reportViolation(event.violatedDirective + ' ' + event.blockedURI + ' ' + event.sample))`);
  return complaints;
}

const about = (request: { method(): string; url(): string }) =>
  `${request.method()} ${new URL(request.url()).pathname}`;

/** Fails with what WCAG 2.2 AA and good practice forbid on the page as it is now. */
export async function axe(page: Page): Promise<void> {
  // Half faded in, all has too little contrast; and in a card that is skipped nothing ever ends by itself.
  await page.evaluate(`for (const animation of document.getAnimations())
    if (animation.effect.getComputedTiming().endTime < Infinity) animation.finish()`);
  await page.evaluate(axeCore.source);
  const violations = await page.evaluate<string[]>(`axe
    .run(document, { runOnly: ${JSON.stringify(RULES)}, resultTypes: ['violations'] })
    .then(({ violations }) => violations.flatMap(({ id, help, nodes }) =>
      nodes.map(({ target, html, failureSummary }) =>
        [id, help, target.join(' '), html, failureSummary].join('\\n'))))`);
  if (violations.length > 0) throw new Error(violations.join('\n\n'));
}

/** Keeps what the page looks like now, in full height. */
export async function shot(page: Page, name: string): Promise<void> {
  await mkdir(SCREENSHOTS, { recursive: true });
  const path = `${SCREENSHOTS}/${name.replaceAll(/[^\w-]+/g, '-')}.png`;
  // Hiding the caret would need a style that the page's policy forbids.
  await page.screenshot({ path, fullPage: true, caret: 'initial', animations: 'disabled' });
}
