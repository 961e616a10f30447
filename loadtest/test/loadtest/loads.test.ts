// Both ways to send photos, against a server that misbehaves.
import type { ServerResponse } from 'node:http';
import { testPhotoPath } from '@synset/shared/testing';
import { expect, onTestFinished, test } from 'vitest';
import { latencyOf } from '../../src/loadtest/answers.ts';
import { startClosedLoop } from '../../src/loadtest/closed.ts';
import { sendAtRate } from '../../src/loadtest/fixed.ts';
import { startSender } from '../../src/reliability/sender.ts';
import { median } from '../../src/statistics.ts';
import { stub } from './stub.ts';

const photos = [testPhotoPath('nagasaki-boats')];

function closedLoop() {
  const loop = startClosedLoop();
  onTestFinished(() => loop.close());
  return loop;
}

function sender() {
  const started = startSender();
  onTestFinished(() => started.close());
  return started;
}

test('a connection that the server closes does not put the times of later answers wrong', async () => {
  let count = 0;
  const url = await stub((_, response) => {
    const isRefused = ++count % 2 === 0;
    response.writeHead(isRefused ? 503 : 200, isRefused ? { connection: 'close' } : {});
    // autocannon itself would take each answer after the first refusal for the one before.
    setTimeout(() => response.end('{"code":"QUEUE_FULL"}'), isRefused ? 300 : 1);
  });
  const { answers } = await closedLoop().call({ url, photos, users: 1, ms: 1000 });
  const refused = answers.filter(({ status }) => status === 503);
  const good = answers.filter(({ status }) => status === 200);
  expect(refused.length).toBeGreaterThan(1);
  expect(refused.every(({ code }) => code === 'QUEUE_FULL')).toBe(true);
  expect(Math.min(...refused.map(latencyOf))).toBeGreaterThan(290);
  expect(median(good.map(latencyOf))).toBeLessThan(200);
});

test('what is under way at the end is answered, and counts', async () => {
  const url = await stub((_, response) => setTimeout(() => response.end('{}'), 700));
  const run = await closedLoop().call({ url, photos, users: 3, ms: 100 });
  // Of each user the first, and the one that was under way.
  expect(run.answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200]);
  expect(run.answers.filter(({ answeredAt }) => answeredAt > run.to)).toHaveLength(3);
});

test('no two requests have the same bytes, and each asks for a fresh answer', async () => {
  const bodies: string[] = [];
  const wanted = new Set<unknown>();
  const url = await stub((request, response, body) => {
    bodies.push(body.toString('latin1'));
    wanted.add(request.headers['cache-control']);
    response.end('{}');
  });
  const loop = closedLoop();
  for (const users of [1, 2]) await loop.call({ url, photos, users, ms: 20 });
  const rate = sender();
  for (const perSecond of [10, 20]) await sendAtRate(rate, { url, photos, perSecond, ms: 200 });
  expect(bodies.length).toBeGreaterThan(9);
  expect(new Set(bodies).size).toBe(bodies.length);
  expect([...wanted]).toEqual(['no-cache']);
});

test('a server that is not there is an error of each request, soon', async () => {
  const run = await closedLoop().call({ url: 'http://127.0.0.1:9', photos, users: 2, ms: 100 });
  expect(run.answers.length).toBeGreaterThan(0);
  expect(run.answers.every(({ code }) => code === 'ECONNREFUSED')).toBe(true);
});

test('at a fixed rate the wait for a server that stands still is not hidden', async () => {
  const held: ServerResponse[] = [];
  const url = await stub((_, response) => {
    held.push(response.setHeader('Server-Timing', 'total;dur=1'));
    // A closed loop would wait for ever, with one request.
    if (held.length >= 20) for (const one of held) one.end();
  });
  const { answers } = await sendAtRate(sender(), { url, photos, perSecond: 50, ms: 500 });
  expect(answers.map(({ serverTiming }) => serverTiming)).toEqual(
    Array.from({ length: 25 }, () => 'total;dur=1'),
  );
  // The nineteen behind the first were due at their turn, and waited from then on.
  const [first = 0, tenth = 0] = [answers[0], answers[9]].map((one) => one && latencyOf(one));
  expect(first).toBeGreaterThanOrEqual((19 / 50) * 1000);
  expect(tenth).toBeGreaterThanOrEqual((10 / 50) * 1000);
});
