// The API's process: how it starts and ends.
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runProgram, testPhoto } from '@synset/shared/testing';
import { expect, inject, onTestFinished, test } from 'vitest';
import { form, post, read } from './api.ts';
import { startFakeWorker } from './fake-worker.ts';
import { SERVER, startServer as start } from './server.ts';

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
  expect((await fetch(`${server.url}/v2/health/ready`)).status).toBe(503);
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

test('keys change on SIGHUP, and are in no line of the log', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'synset-keys-'));
  onTestFinished(() => rm(dir, { recursive: true }));
  const file = join(dir, 'keys');
  const [before, after, wrong] = [
    'before-0123456789abc',
    'after-0123456789abc',
    'wrong-0123456789abc',
  ];
  await writeFile(file, before);
  const server = await start({ API_KEYS_FILE: file, LOG_LEVEL: 'trace' });
  const ask = async (key: string) => {
    const headers = { 'x-api-key': key };
    return (await fetch(`${server.url}/labels`, { headers })).status;
  };
  expect([await ask(before), await ask(after), await ask(wrong)]).toEqual([200, 401, 401]);
  await writeFile(file, `${after}\n`);
  server.process.kill('SIGHUP');
  await server.printed('API keys read again');
  expect([await ask(before), await ask(after)]).toEqual([401, 200]);
  await writeFile(file, 'short');
  server.process.kill('SIGHUP');
  await server.printed('the API keys stay as they were');
  expect(await ask(after)).toBe(200);
  server.process.kill('SIGTERM');
  expect(await server.exit).toBe(0);
  for (const key of [before, after, wrong, 'short']) expect(server.output()).not.toContain(key);
});

test('a bad key stops the start with a line that does not show it', async () => {
  const server = runProgram(SERVER, { API_KEYS: 'secret' });
  expect(await server.exit).toBe(2);
  expect(server.output()).toBe(
    'synset api: bad setting: API_KEYS: key 1 must have at least 16 characters\n',
  );
});

test('a file of keys that is not there stops the start', async () => {
  const server = runProgram(SERVER, { API_KEYS_FILE: '/nowhere/keys' });
  expect(await server.exit).toBe(2);
  expect(server.output()).toMatch(/^synset api: bad setting: API_KEYS_FILE: ENOENT.*\n$/);
});
