// The sender: a process of its own that waits for no answer before it sends the next request.

import { readFile } from 'node:fs/promises';
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { withComment } from '@synset/shared/testing';
import { answerCalls } from '../child.ts';
import { FORM_TYPE, form } from '../form.ts';
import { problemCode } from '../problem-code.ts';
import type { SendRound } from './sender.ts';
import { now, type Sent } from './sent.ts';

const HEADERS = { 'content-type': FORM_TYPE, 'cache-control': 'no-cache' };

/** Longest silence: three times as long as the service takes at most. */
const TIMEOUT_MS = 30_000;

async function round({ url, photos, perSecond, count }: SendRound): Promise<Sent[]> {
  const files = await Promise.all(photos.map((photo) => readFile(photo)));
  const { Agent } = url.startsWith('https:') ? https : http;
  const agent = new Agent({ keepAlive: true });
  const started = now();
  const all: Promise<Sent>[] = [];
  for (let i = 0; i < count; i++) {
    const dueAt = started + (i * 1000) / perSecond;
    // In time or late, never more than one without a look at the answers.
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, dueAt - now())));
    // No two requests with the same bytes: they could be answered by one classification.
    const photo = withComment(files[i % files.length] as Buffer, `request ${i} ${started}`);
    all.push(send(new URL('/predict', url), agent, form(photo), dueAt));
  }
  const sent = await Promise.all(all);
  agent.destroy();
  return sent;
}

function send(url: URL, agent: http.Agent, body: Buffer, dueAt: number): Promise<Sent> {
  const startedAt = now();
  let writtenAt = Number.NaN;
  const { request } = url.protocol === 'https:' ? https : http;
  const headers = { ...HEADERS, 'content-length': body.length };
  const sending = request(url, { method: 'POST', agent, headers, timeout: TIMEOUT_MS });
  return new Promise((resolve) => {
    const end = (answer: Pick<Sent, 'status' | 'hasRetryAfter' | 'code' | 'serverTiming'>) =>
      resolve({ dueAt, startedAt, writtenAt, answeredAt: now(), ...answer });
    const onError = (code: string) =>
      end({ status: 0, hasRetryAfter: false, code, serverTiming: null });
    sending.on('finish', () => {
      writtenAt = now();
    });
    sending.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part) => {
        text += part;
      });
      response.on('end', () => end(read(response, text)));
    });
    // Also an answer that broke off: the first of the two counts.
    sending.on('timeout', () => {
      onError('TIMEOUT');
      sending.destroy();
    });
    sending.on('error', (error: NodeJS.ErrnoException) => onError(error.code ?? 'CONNECTION_LOST'));
    sending.on('close', () => onError('CONNECTION_LOST'));
    sending.end(body);
  });
}

function read({ statusCode: status = 0, headers }: IncomingMessage, body: string) {
  return {
    status,
    hasRetryAfter: headers['retry-after'] !== undefined,
    code: status === 200 ? null : problemCode(status, body),
    serverTiming: `${headers['server-timing'] ?? ''}` || null,
  };
}

answerCalls(round);
