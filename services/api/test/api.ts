// Starts an API of the test's own on a free port, and holds its answers to its document.
import { createLogger } from '@synset/shared';
import { randomPrefix } from '@synset/shared/testing';
import { afterEach, expect, inject } from 'vitest';
import { type Api, buildApi } from '../src/app.ts';
import { readConfig } from '../src/config.ts';
import { watchAnswers } from './document.ts';

const undocumented: string[] = [];

// In every file of tests that starts an API: an answer that the document does not know fails its test.
afterEach(() => {
  expect(undocumented.splice(0)).toEqual([]);
});

export interface TestApi extends Api {
  readonly url: string;
  readonly prefix: string;
}

export async function startApi(env: NodeJS.ProcessEnv = {}): Promise<TestApi> {
  const prefix = randomPrefix();
  const config = readConfig({ REDIS_URL: inject('redisUrl'), KEY_PREFIX: prefix, ...env });
  const api = await buildApi(config, createLogger('api', 'silent'));
  watchAnswers(api, (what) => undocumented.push(what));
  const url = await api.app.listen({ host: '127.0.0.1', port: 0 });
  // It listens before it has reached Redis: without this wait a first request may get 503.
  if (!env.REDIS_URL) await untilConnected(url);
  return { ...api, url, prefix };
}

async function untilConnected(url: string): Promise<void> {
  for (;;) {
    const { detail } = await read(await fetch(`${url}/readyz`));
    if (detail !== 'Redis cannot be reached.') return;
  }
}

export function form(...files: (Buffer | string)[]): FormData {
  const data = new FormData();
  for (const file of files)
    data.append('file', new Blob([new Uint8Array(Buffer.from(file))]), 'photo.jpg');
  return data;
}

export const post = (url: string, body: RequestInit['body'] & {}, contentType?: string) =>
  fetch(url, {
    method: 'POST',
    body,
    ...(contentType && { headers: { 'content-type': contentType } }),
  });

/** The fields that the tests look into. */
interface Body {
  id: string;
  code: string;
  detail: string;
  predictions: unknown[];
  labels: unknown[];
}

export const read = (response: Response) => response.json() as Promise<Body>;
