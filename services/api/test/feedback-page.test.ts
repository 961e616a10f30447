// The page of corrections, as a browser without JavaScript gets it.
import type { FeedbackStore, Redis } from '@synset/shared';
import { startTestRedis } from '@synset/shared/testing';
import { afterEach, beforeEach, expect, inject, onTestFinished, test } from 'vitest';
import { startApi, type TestApi } from './api.ts';
import { judge, storeOf } from './corrections.ts';
import { connect } from './feedback.ts';

const ACCEPT = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

let redis: Redis;
let api: TestApi;
let store: FeedbackStore;

beforeEach(async () => {
  redis = await connect(inject('redisUrl'));
  api = await startApi();
  store = storeOf(redis, api.prefix);
});

afterEach(async () => {
  await api.close();
  redis.destroy();
});

const ask = (query = '', url = api.url) =>
  fetch(`${url}/feedback${query}`, { headers: { accept: ACCEPT } });

/** Its text, without markup. */
async function seen(): Promise<string> {
  const html = await (await ask()).text();
  const text = html.slice(html.indexOf('<main>')).replaceAll(/<[^>]*>/g, ' ');
  return text.replaceAll(/\s+/g, ' ');
}

test('is for browsers; programs, and who names a format, get rows', async () => {
  await judge(store, 'a');
  expect((await ask()).headers.get('content-type')).toMatch('text/html');
  const types = [
    (await fetch(`${api.url}/feedback`)).headers.get('content-type'),
    (await ask('?format=jsonl')).headers.get('content-type'),
    (await ask('?format=csv')).headers.get('content-type'),
  ];
  expect(types.map((type) => type?.split(';')[0])).toEqual([
    ...['application/jsonl', 'application/jsonl', 'text/csv'],
  ]);
});

test('needs nothing that its policy forbids, and what it needs is there', async () => {
  await judge(store, 'a', { label: 282 });
  const response = await ask();
  const html = await response.text();
  expect(response.headers.get('content-security-policy')).not.toContain('unsafe');
  expect(response.headers.get('cache-control')).toBe('no-store');
  expect(html).not.toMatch(/<script|<style|\sstyle=|\son\w+=/);
  const links = [...html.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, path]) => path);
  expect(links).toContain('/assets/feedback.css');
  expect(links).toContain('/feedback?format=csv');
  for (const path of links) expect((await fetch(api.url + path)).status, path).toBe(200);
});

test('says that there is nothing', async () => {
  expect(await seen()).toContain('Nobody has said yet whether a prediction is right.');
});

test('shows how often a category was right, the worst first, of equals the best known', async () => {
  const verdicts = { 281: 'rrrw', 1: 'rw', 2: 'rrww', 3: 'w', 4: 'r' };
  for (const [index, all] of Object.entries(verdicts)) {
    for (const [i, verdict] of [...all].entries()) {
      const predicted = { index: Number(index), score: 0.5 };
      const said = verdict === 'r' ? {} : { correct: false };
      await judge(store, `${index}-${i}`, { predicted, ...said });
    }
  }
  const text = await seen();
  expect(text).toContain('People judged 12 predictions: 7 right, 5 wrong.');
  expect(text).toContain('58.3% of all');
  const rates = [...text.replace('of all', ';').matchAll(/([a-z ]+) (\d of \d) ([\d.]+%)/g)].map(
    (match) => match.slice(1).map((part) => part.trim()),
  );
  expect(rates).toEqual([
    ['tiger shark', '0 of 1', '0.0%'],
    ['great white shark', '2 of 4', '50.0%'],
    ['goldfish', '1 of 2', '50.0%'],
    ['tabby', '3 of 4', '75.0%'],
    ['hammerhead', '1 of 1', '100.0%'],
  ]);
});

test('sums up the categories for which there is no place', async () => {
  for (let index = 0; index < 32; index++) {
    const correct = index > 29;
    await judge(store, `${index}`, { predicted: { index, score: 1 }, correct });
  }
  expect(await seen()).toContain('2 more categories, each at least 100.0% right.');
});

test('shows the latest corrections, the newest first', async () => {
  await judge(store, 'a', { label: 282, comment: 'Look at the stripes.' });
  await judge(store, 'b', { correct: false, model: { name: 'testcard', trained: false } });
  await judge(store, 'right', { comment: 'a comment on what is right' });
  const text = await seen();
  expect(text).toMatch(
    /Predicted: tabby 87\.0% something else \d+ \w+ \d{4}, \d\d:\d\d UTC testcard not trained Predicted: tabby 87\.0% is: tiger cat Look at the stripes\. [^%]* resnet50-v1-12-int8 /,
  );
  expect(text).not.toContain('a comment on what is right');
});

test('finds corrections behind what was right, but not for ever', async () => {
  await judge(store, 'a', { label: 282 });
  for (let i = 0; i < 499; i++) await judge(store, `${i}`);
  expect(await seen()).toContain('is: tiger cat');
  await judge(store, 'one more');
  expect(await seen()).toContain('None among the last 500 judgements.');
  await store.remove([(await store.list({ after: '0-0', limit: 1 }))[0]?.entry ?? '']);
  expect(await seen()).toContain('Latest corrections None yet.');
});

test('shows fifty corrections of many', async () => {
  for (let i = 0; i < 60; i++) await judge(store, `${i}`, { label: 282, comment: `number ${i}.` });
  const numbers = [...(await seen()).matchAll(/number (\d+)\./g)].map(([, number]) =>
    Number(number),
  );
  expect(numbers).toEqual(Array.from({ length: 50 }, (_, i) => 59 - i));
});

test('folds a long comment, of which nothing is lost', async () => {
  const comments = ['word '.repeat(100).trim(), '🐈'.repeat(200), `x${'🐈'.repeat(200)}`];
  for (const comment of comments) await judge(store, comment, { label: 282, comment });
  const html = await (await ask()).text();
  const folded = [...html.matchAll(/<summary>(.*)<\/summary>(.*)<\/details>/g)].reverse();
  expect(folded.map(([, start, rest]) => `${start}${rest}`)).toEqual(comments);
  expect(folded.map(([, start]) => start?.length)).toEqual([239, 240, 239]);
});

test("shows a user's words as text", async () => {
  const comment = '</blockquote><script>alert(1)</script><img src=x onerror="alert(2)">';
  await judge(store, 'a', { label: 282, comment, model: { name: comment, trained: true } });
  const long = `${comment} ${'and '.repeat(60)}${comment}`;
  await judge(store, 'folded', { label: 282, comment: long });
  const html = await (await ask()).text();
  expect(html).not.toMatch(/<script|<img src=x/);
  expect(html).toContain('&lt;script&gt;alert(1)');
});

test('says that Redis is away', async () => {
  const server = await startTestRedis();
  onTestFinished(() => server.stop());
  const away = await startApi({ REDIS_URL: server.url });
  onTestFinished(() => away.close());
  server.process.kill('SIGKILL');
  const response = await ask('', away.url);
  expect(response.status).toBe(503);
  expect(response.headers.get('retry-after')).toBe('2');
  expect(await response.text()).toMatch(/<h2>.*<\/h2>\s*<p>The queue cannot be reached/);
});
