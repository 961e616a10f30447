// What the API's log says of requests, and what it never says.
import { once } from 'node:events';
import { connect } from 'node:net';
import { testPhoto } from '@synset/shared/testing';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { form, post, read } from './api.ts';
import { type FakeWorker, startFakeWorker } from './fake-worker.ts';
import { startServer, type TestServer } from './server.ts';

const photo = testPhoto('nagasaki-boats');

let server: TestServer;
let worker: FakeWorker | undefined;

beforeEach(async () => {
  server = await startServer({ LOG_LEVEL: 'debug' });
});

afterEach(async () => {
  await worker?.close();
  worker = undefined;
  server.process.kill('SIGKILL');
  await server.exit;
});

async function startWorker(onJob?: Parameters<typeof startFakeWorker>[2]): Promise<FakeWorker> {
  worker = await startFakeWorker(inject('redisUrl'), server.prefix, onJob);
  while ((await fetch(`${server.url}/readyz`)).status !== 200);
  return worker;
}

const INFO = 30;
const DEBUG = 20;

/** The line of the request, which is written when its answer has been sent. */
async function lineOf(requestId: string | null) {
  for (;;) {
    const lines = server.lines().filter((line) => line.msg === 'request');
    const found = lines.filter((line) => line.requestId === requestId);
    if (found.length > 0) return found;
    await once(server.process, 'output');
  }
}

const idOf = ({ headers }: Response) => headers.get('x-request-id');

test('one line a request says which job it made, how it went and how long it took', async () => {
  const { jobs } = await startWorker();
  const response = await post(`${server.url}/predict?topK=3`, photo, 'image/jpeg');
  expect((await read(response)).id).toBe(idOf(response));
  expect(await lineOf(idOf(response))).toEqual([
    {
      level: INFO,
      time: expect.any(Number),
      pid: server.process.pid,
      hostname: expect.any(String),
      name: 'api',
      requestId: idOf(response),
      method: 'POST',
      route: '/predict',
      path: '/predict',
      status: 200,
      ms: expect.any(Number),
      ip: '127.0.0.1',
      bytes: photo.length,
      jobId: jobs[0]?.id,
      msg: 'request',
    },
  ]);
  expect(jobs[0]?.requestId).toBe(idOf(response));
});

test('the jobs of a request for many know the request, and it them', async () => {
  const { jobs } = await startWorker(() => {});
  const body = form(photo, 'no photo', testPhoto('dust-bowl-home'));
  const response = await post(`${server.url}/jobs`, body);
  const { jobs: entries } = (await response.json()) as { jobs: { id?: string }[] };
  const ids = entries.flatMap(({ id }) => id ?? []);
  expect(await lineOf(idOf(response))).toMatchObject([{ status: 202, jobIds: ids }]);
  while (jobs.length < 2) await new Promise(setImmediate);
  expect(jobs.map(({ id }) => id)).toEqual(ids);
  expect(jobs.map(({ requestId }) => requestId)).toEqual([idOf(response), idOf(response)]);
});

test('a refusal has its code; an unknown path is cut; a query is never written', async () => {
  const path = `/${'x'.repeat(500)}`;
  const response = await fetch(`${server.url}${path}?key=hush`);
  const [line] = await lineOf(idOf(response));
  expect(line).toMatchObject({ status: 404, code: 'NOT_FOUND', path: path.slice(0, 128) });
  expect(line).not.toHaveProperty('route');
});

test('what is no request, and what has no valid path, gets its line too', async () => {
  const bad = await fetch(`${server.url}/%zz`);
  expect(bad.status).toBe(404);
  expect(await lineOf(idOf(bad))).toMatchObject([{ path: '/%zz', status: 404, code: 'NOT_FOUND' }]);
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  socket.end('hush\r\n\r\n');
  const [answer] = await once(socket, 'data');
  const id = /^x-request-id: (.*)\r$/im.exec(`${answer}`)?.[1] ?? '';
  expect(await lineOf(id)).toMatchObject([{ status: 400, code: 'INVALID_BODY', ip: '127.0.0.1' }]);
});

test('a client that hangs up leaves a line that says so', async () => {
  const arrived = Promise.withResolvers<string>();
  await startWorker((job) => arrived.resolve(job.id));
  const client = new AbortController();
  const body = new Uint8Array(photo);
  const headers = { 'content-type': 'image/jpeg' };
  const init = { method: 'POST', body, headers, signal: client.signal };
  const request = fetch(`${server.url}/predict`, init);
  const id = await arrived.promise;
  client.abort();
  await expect(request).rejects.toThrow();
  const [line] = await lineOf(id);
  expect(line).toMatchObject({ aborted: true, jobId: id });
  expect(line).not.toHaveProperty('status');
});

test('a client may name its request, within limits, and the name is only written', async () => {
  const ask = async (name: string) => {
    const response = await fetch(`${server.url}/labels`, { headers: { 'x-request-id': name } });
    await response.text();
    expect(idOf(response)).not.toBe(name);
    return (await lineOf(idOf(response)))[0]?.clientRequestId;
  };
  expect(await ask('order-66.a_b')).toBe('order-66.a_b');
  expect(await ask('with spaces')).toBeUndefined();
  expect(await ask('x'.repeat(129))).toBeUndefined();
});

test('who looks whether it is alive writes no line at the usual level', async () => {
  for (const path of ['/healthz', '/readyz']) {
    const response = await fetch(server.url + path);
    expect(await lineOf(idOf(response))).toMatchObject([{ level: DEBUG, route: path }]);
    // Nor one about its being not ready, which it is while there is no worker.
    const others = server.lines().filter((line) => line.requestId === idOf(response));
    expect(others).toHaveLength(1);
  }
});

test('no line has a key, a header of authorization, a file name or a part of the photo', async () => {
  await startWorker();
  const headers = {
    authorization: 'Bearer hush-1',
    'x-api-key': 'hush-2',
    cookie: 'session=hush-3',
    'idempotency-key': 'hush-4',
    traceparent: 'hush-5',
  };
  const marked = Buffer.concat([photo, Buffer.from('hush-6')]);
  const body = new FormData();
  body.append('file', new Blob([new Uint8Array(marked)]), 'hush-7.jpg');
  for (const path of ['/predict?key=hush-8', '/jobs?topK=1', '/', '/nowhere?key=hush-9']) {
    const response = await fetch(server.url + path, { method: 'POST', headers, body });
    await response.text();
    expect(await lineOf(idOf(response))).toHaveLength(1);
  }
  expect(server.output()).not.toContain('hush');
});
