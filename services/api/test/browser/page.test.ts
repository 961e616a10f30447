// The upload page in a real browser, with a worker that answers "tabby".
import { testPhoto } from '@synset/shared/testing';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { startApi, type TestApi } from '../api.ts';
import { type FakeWorker, startFakeWorker } from '../fake-worker.ts';
import { inBrowser, openPage, shot } from './browser.ts';

inBrowser('the upload page', () => {
  let api: TestApi;
  let worker: FakeWorker;

  beforeAll(async () => {
    api = await startApi();
    worker = await startFakeWorker(inject('redisUrl'), api.prefix);
  });

  afterAll(async () => {
    await api.close();
    await worker.close();
  });

  test('a photo that is chosen gets its answer', async () => {
    const page = await openPage(api.url);
    await shot(page, 'empty');
    await page.locator('input[type=file]').setInputFiles({
      name: 'boats.jpg',
      mimeType: 'image/jpeg',
      buffer: testPhoto('nagasaki-boats'),
    });
    await page.getByText('tabby').first().waitFor();
    await shot(page, 'answer');
    expect(await page.title()).toContain('Synset');
  });
});
