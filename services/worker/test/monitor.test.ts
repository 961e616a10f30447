// The worker's HTTP: what it tells, and what it does not let others do to it.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { freePort, randomPrefix, runProgram, startTestRedis } from '@synset/shared/testing';
import { expect, inject, onTestFinished, test } from 'vitest';
import { json, type Pages, startMonitor } from '../src/monitor.ts';

const MAIN = new URL('../src/main.ts', import.meta.url);
const MODEL_DIR = process.env.SYNSET_TEST_MODEL_DIR ?? 'data/test-models';

async function start(pages: Pages) {
  const monitor = await startMonitor({ host: '127.0.0.1', port: 0, pages });
  onTestFinished(() => monitor.close());
  return { ...monitor, url: `http://127.0.0.1:${monitor.port}` };
}

async function startWorkerProcess(env: NodeJS.ProcessEnv = {}) {
  const port = await freePort();
  const worker = runProgram(MAIN, {
    REDIS_URL: inject('redisUrl'),
    KEY_PREFIX: randomPrefix(),
    MODEL: 'testcard-int8',
    MODEL_DIR,
    METRICS_PORT: `${port}`,
    ...env,
  });
  onTestFinished(async () => {
    worker.process.kill('SIGKILL');
    await worker.exit;
  });
  return { ...worker, url: `http://127.0.0.1:${port}` };
}

/** Undefined while nothing listens. */
const statusAt = (url: string) =>
  fetch(url).then(
    ({ status }) => status,
    () => undefined,
  );

async function untilStatus(url: string, status: number): Promise<void> {
  while ((await statusAt(url)) !== status);
}

test('gives the page of a path, whatever the query, and 404 for all others', async () => {
  const { url } = await start({ '/here': () => json(200, { status: 'ok' }) });
  const page = await fetch(`${url}/here?x=1`);
  expect([page.status, page.headers.get('content-type')]).toEqual([200, 'application/json']);
  expect(await page.json()).toEqual({ status: 'ok' });
  expect((await fetch(`${url}/here`, { method: 'HEAD' })).status).toBe(200);
  for (const path of ['/', '/here/', '/constructor', '/../here/x', '//here']) {
    expect((await fetch(url + path)).status).toBe(404);
  }
});

test('a page that fails is 500 without its reason, and the server goes on', async () => {
  const { url } = await start({
    '/bad': () => Promise.reject(new Error('secret')),
    '/good': () => json(200, {}),
  });
  const bad = await fetch(`${url}/bad`);
  expect(bad.status).toBe(500);
  expect(await bad.text()).not.toContain('secret');
  expect((await fetch(`${url}/good`)).status).toBe(200);
});

test('reads no body: the answer comes first, then the connection ends', async () => {
  const { port } = await start({ '/here': () => json(200, {}) });
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  socket.on('data', (chunk) => {
    answer += chunk;
  });
  socket.write('POST /here HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000000\r\n\r\nonly this');
  await once(socket, 'close');
  expect(answer).toMatch(/^HTTP\/1.1 405 .*\r\nconnection: close\r\n/s);
});

test.each(['', 'GET /here HT'])(
  'a client that goes no further than "%s" is let go',
  async (head) => {
    const { port } = await start({});
    const socket = connect(port, '127.0.0.1').on('error', () => {});
    socket.resume().write(head);
    await once(socket, 'close');
  },
);

test('without its port there is no HTTP', async () => {
  const worker = await startWorkerProcess({ METRICS_PORT: '' });
  await worker.printed('"ready"');
  expect(await statusAt(`${worker.url}/healthz`)).toBeUndefined();
});

test('a port that is taken ends the worker with a line that names the setting', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number };
  const worker = await startWorkerProcess({ METRICS_PORT: `${port}`, LOG_LEVEL: 'silent' });
  expect(await worker.exit).toBe(1);
  expect(worker.output()).toBe(
    `synset worker: port ${port} is taken; choose another by METRICS_PORT\n`,
  );
});

test('alive from the start, ready while it is warm and has Redis', async () => {
  const port = await freePort();
  const worker = await startWorkerProcess({ REDIS_URL: `redis://127.0.0.1:${port}` });
  await untilStatus(`${worker.url}/healthz`, 200);
  const early = await fetch(`${worker.url}/readyz`);
  expect([early.status, await early.json()]).toEqual([503, { status: 'starting' }]);
  const redis = await startTestRedis({ port });
  await untilStatus(`${worker.url}/readyz`, 200);
  await redis.stop();
  await untilStatus(`${worker.url}/readyz`, 503);
  expect(await statusAt(`${worker.url}/healthz`)).toBe(200);
  expect(await (await fetch(`${worker.url}/readyz`)).json()).toEqual({
    status: 'Redis cannot be reached',
  });
  const again = await startTestRedis({ port });
  await untilStatus(`${worker.url}/readyz`, 200);
  await again.stop();
});
