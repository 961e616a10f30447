// The sender: a process of its own that waits for no answer before it sends the next request.

import { readFile } from 'node:fs/promises';
import { Agent, type IncomingMessage, request } from 'node:http';
import { withComment } from '@synset/shared/testing';
import { answerCalls } from '../child.ts';
import { FORM_TYPE, form } from '../form.ts';
import type { SendRound } from './sender.ts';
import { now, type Sent } from './sent.ts';

/** Longest silence: three times as long as the service takes at most. */
const TIMEOUT_MS = 30_000;

async function round({ url, photos, perSecond, count }: SendRound): Promise<Sent[]> {
  const files = await Promise.all(photos.map((photo) => readFile(photo)));
  const agent = new Agent({ keepAlive: true });
  const started = now();
  const all: Promise<Sent>[] = [];
  for (let i = 0; i < count; i++) {
    const dueAt = started + (i * 1000) / perSecond;
    // In time or late, never more than one without a look at the answers.
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, dueAt - now())));
    // No two requests with the same bytes: they could be answered by one classification.
    const photo = withComment(files[i % files.length] as Buffer, `request ${i}`);
    all.push(send(new URL('/predict', url), agent, form(photo), dueAt));
  }
  const sent = await Promise.all(all);
  agent.destroy();
  return sent;
}

function send(url: URL, agent: Agent, body: Buffer, dueAt: number): Promise<Sent> {
  const startedAt = now();
  let writtenAt = Number.NaN;
  const headers = { 'content-type': FORM_TYPE, 'content-length': body.length };
  const sending = request(url, { method: 'POST', agent, headers, timeout: TIMEOUT_MS });
  return new Promise((resolve) => {
    const onAnswer = (response?: IncomingMessage) => {
      const status = response?.statusCode ?? 0;
      const hasRetryAfter = response?.headers['retry-after'] !== undefined;
      resolve({ dueAt, startedAt, writtenAt, answeredAt: now(), status, hasRetryAfter });
    };
    sending.on('finish', () => {
      writtenAt = now();
    });
    sending.on('response', (response) => response.on('end', () => onAnswer(response)).resume());
    // Also an answer that broke off: the first of the two counts.
    sending.on('timeout', () => sending.destroy());
    sending.on('error', () => onAnswer());
    sending.on('close', () => onAnswer());
    sending.end(body);
  });
}

answerCalls(round);
