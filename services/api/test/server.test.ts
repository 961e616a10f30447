// The API's process: how it starts and ends.
import { once } from 'node:events';
import { connect } from 'node:net';
import { randomPrefix, runProgram, testPhoto } from '@synset/shared/testing';
import { expect, inject, test } from 'vitest';
import { form, post, read } from './api.ts';
import { startFakeWorker } from './fake-worker.ts';

const SERVER = new URL('../src/server.ts', import.meta.url);

async function start(env: NodeJS.ProcessEnv = {}) {
  const prefix = randomPrefix();
  const base = { REDIS_URL: inject('redisUrl'), KEY_PREFIX: prefix, PORT: '0' };
  const server = runProgram(SERVER, { ...base, ...env });
  await server.printed('"listening"');
  const url = /"address":"([^"]+)"/.exec(server.output())?.[1] ?? '';
  return { ...server, url, prefix };
}

test('settings are checked against each other', async () => {
  const server = runProgram(SERVER, { QUEUE_BYTES: '1000', MAX_UPLOAD_BYTES: '1001' });
  expect(await server.exit).toBe(2);
  expect(server.output()).toBe(
    'synset api: bad setting: QUEUE_BYTES: must be at least MAX_UPLOAD_BYTES, or the largest photo could never be queued\n',
  );
});

test('a connection that has sent nothing does not hold up its end', async () => {
  const server = await start();
  const { hostname, port } = new URL(server.url);
  // As browsers open them beforehand.
  const connection = connect(Number(port), hostname);
  await once(connection, 'connect');
  // Answered on another one: by then the server has accepted the first.
  await (await fetch(`${server.url}/healthz`)).text();
  server.process.kill('SIGTERM');
  expect(await server.exit).toBe(0);
  connection.destroy();
});

test('told to end, it first says that it is not ready, and serves on for a while', async () => {
  const server = await start({ SHUTDOWN_DELAY_MS: '3000' });
  const worker = await startFakeWorker(inject('redisUrl'), server.prefix);
  while ((await fetch(`${server.url}/readyz`)).status !== 200);
  server.process.kill('SIGTERM');
  let ready: Response;
  do ready = await fetch(`${server.url}/readyz`);
  while (ready.status === 200);
  expect(ready.status).toBe(503);
  expect(await read(ready)).toMatchObject({ code: 'SHUTTING_DOWN' });
  const answer = await post(`${server.url}/predict`, form(testPhoto('nagasaki-boats')));
  expect(answer.status).toBe(200);
  // A connection that is kept would be cut when the while is over.
  expect(answer.headers.get('connection')).toBe('close');
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  expect(await server.exit).toBe(0);
  await worker.close();
});

test('a signal ends it in bounded time when an answer does not come, and that is said', async () => {
  const server = await start({ REQUEST_TIMEOUT_MS: '600000' });
  const arrived = Promise.withResolvers<void>();
  const worker = await startFakeWorker(inject('redisUrl'), server.prefix, () => arrived.resolve());
  while ((await fetch(`${server.url}/readyz`)).status !== 200);
  const request = post(`${server.url}/predict`, form(testPhoto('nagasaki-boats')));
  request.catch(() => {});
  await arrived.promise;
  server.process.kill('SIGTERM');
  expect(await server.exit).toBe(1);
  expect(server.output()).toMatch(/"requests":1,.*requests were left unanswered/);
  await expect(request).rejects.toThrow();
  await worker.close();
}, 60_000);
