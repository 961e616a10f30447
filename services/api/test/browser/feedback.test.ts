// The page of corrections in a real browser, with JavaScript and without.
import type { FeedbackStore, Redis } from '@synset/shared';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { startApi, type TestApi } from '../api.ts';
import { judge, storeOf } from '../corrections.ts';
import { connect } from '../feedback.ts';
import { axe, inBrowser, newPage, type PageOptions, shot } from './browser.ts';

const COMMENTS = [
  null,
  'Look at the stripes.',
  '<script>alert(1)</script>',
  'x'.repeat(1000),
  '\u202eتحتوي الصورة على قطة',
];

const PHONE = { width: 360, height: 740 };
const WIDE = { width: 1400, height: 900 };

inBrowser('the page of corrections', () => {
  let redis: Redis;
  let api: TestApi;
  let store: FeedbackStore;

  beforeAll(async () => {
    redis = await connect(inject('redisUrl'));
    api = await startApi();
    store = storeOf(redis, api.prefix);
  });

  afterAll(async () => {
    await api.close();
    redis.destroy();
  });

  /** It has no script that would say when it is ready. */
  async function openFeedback(options: PageOptions) {
    const page = await newPage(options);
    await page.goto(`${api.url}/feedback`);
    return page;
  }

  test('with nothing to show', async () => {
    const page = await openFeedback({ viewport: WIDE });
    await axe(page);
    await shot(page, 'feedback-none');
    await page.getByRole('link', { name: 'judge the answer' }).click();
    expect(new URL(page.url()).pathname).toBe('/');
  });

  test.each([
    ['wide', { viewport: WIDE }],
    ['dark', { viewport: WIDE, colorScheme: 'dark' }],
    ['phone', { viewport: PHONE }],
    ['phone-dark', { viewport: PHONE, colorScheme: 'dark' }],
  ] as const)('with much to show: %s', async (name, options) => {
    for (let i = 0; i < 120; i++) {
      const predicted = { index: (i % 40) * 25, score: 1 / (1 + i) };
      const model = i % 2 === 0 ? {} : { model: { name: 'testcard-int8', trained: false } };
      const comment = COMMENTS[i % COMMENTS.length] ?? null;
      const label = i % 4 === 0 ? null : (i * 7) % 1000;
      const correct = i % 3 === 0;
      const said = correct ? {} : { correct, label, comment };
      await judge(store, `${i}`, { predicted, ...model, ...said });
    }
    const page = await openFeedback(options);
    await axe(page);
    await shot(page, `feedback-${name}`);
    const wider = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
    expect(wider).toBeLessThanOrEqual(0);
    expect(await page.getByRole('listitem').count()).toBe(80);
  });

  test('without JavaScript', async () => {
    await judge(store, 'a', { label: 282, comment: 'the last word' });
    const page = await openFeedback({ javaScriptEnabled: false });
    await page.getByText('the last word').waitFor();
    const download = page.waitForEvent('download');
    await page.getByRole('link', { name: 'CSV' }).click();
    expect((await download).suggestedFilename()).toBe('feedback.csv');
  });
});
