// Predictions to judge, and what is kept of the judgement.
import { createKeys, createRedis, type Redis } from '@synset/shared';
import { silentLog } from '@synset/shared/testing';
import type { FeedbackRow } from '../src/schemas/feedback.ts';
import { form, read, type TestApi } from './api.ts';

export async function predictedId({ url }: TestApi, image: Buffer, headers = {}): Promise<string> {
  const response = await fetch(`${url}/predict`, { method: 'POST', body: form(image), headers });
  return (await read(response)).id;
}

export const say = ({ url }: TestApi, body: unknown, headers: Record<string, string> = {}) =>
  fetch(`${url}/feedback`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
  });

export function feedbackForm(fields: Record<string, string>, photo?: Buffer): FormData {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.append(name, value);
  if (photo) data.append('file', new Blob([new Uint8Array(photo)]), '../<script>.jpg');
  return data;
}

export const sayByForm = ({ url }: TestApi, body: FormData, headers: Record<string, string> = {}) =>
  fetch(`${url}/feedback`, { method: 'POST', body, headers, redirect: 'manual' });

export const answerOf = async (response: Response) => ({
  ...((await response.json()) as { detail?: string }),
  status: response.status,
});

export async function rows({ url }: TestApi, query = ''): Promise<FeedbackRow[]> {
  const text = await (await fetch(`${url}/feedback?format=jsonl${query}`)).text();
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

export async function connect(url: string): Promise<Redis> {
  const redis = createRedis({ url, name: 'test', log: silentLog });
  await redis.connect();
  return redis;
}

/** All that there is of feedback in Redis. */
export async function traces(redis: Redis, { prefix }: TestApi): Promise<string[]> {
  return (await redis.keys(`${createKeys(prefix).feedback}*`)).sort();
}
