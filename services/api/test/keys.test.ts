// Who gets in with which key, and what the others see.
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { createKeys, createRedis } from '@synset/shared';
import { silentLog, testPhoto } from '@synset/shared/testing';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { buildApi } from '../src/app.ts';
import { readConfig } from '../src/config.ts';
import { form, read, startApi, type TestApi } from './api.ts';
import { type FakeWorker, startFakeWorker } from './fake-worker.ts';

const KEY = 'the-first-key-of-all';
const OTHER = 'another-key-of-others';
const photo = testPhoto('nagasaki-boats');

let api: TestApi;
let worker: FakeWorker;

beforeAll(async () => {
  api = await startApi({ API_KEYS: `${KEY},${OTHER}` });
  worker = await startFakeWorker(inject('redisUrl'), api.prefix);
});

afterAll(async () => {
  await api.close();
  await worker.close();
});

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
const basic = (key: string) => ({
  authorization: `Basic ${Buffer.from(`anyone:${key}`).toString('base64')}`,
});

/** Without a client that puts the path right. */
function ask(method: string, path: string, headers: Record<string, string> = {}) {
  const { promise, resolve, reject } = Promise.withResolvers<{
    status: number | undefined;
    body: string;
  }>();
  const { port } = new URL(api.url);
  const request = httpRequest({ port, host: '127.0.0.1', method, path, headers }, (response) => {
    let body = '';
    response.on('data', (chunk) => {
      body += chunk;
    });
    response.on('end', () => resolve({ status: response.statusCode, body }));
  });
  request.on('error', reject).end();
  return promise;
}

const everything = [
  ...['/', '/model', '/labels', '/jobs/1', '/display/1', '/feedback', '/live', '/metrics', '/docs'],
  ...['/openapi.json', '/assets/page.css', '/nothing', '/%zz', '//healthz', '/healthz/'],
  ...['/healthz/../model', '/readyz%2f..%2fmodel', '/healthz%00', `/jobs/${'x'.repeat(500)}`],
];

describe('without a key', () => {
  test.each(everything)('GET %s is 401', async (path) => {
    const { status, body } = await ask('GET', path);
    expect(status).toBe(401);
    const { code, error } = JSON.parse(body);
    // The Open Inference Protocol has its own errors.
    if (path.startsWith('/v2')) expect(error).toMatch('API key');
    else expect(code).toBe('UNAUTHORIZED');
  });

  test.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'PROPFIND'])(
    '%s is 401',
    async (method) => {
      for (const path of ['/', '/predict', '/jobs', '/nothing', '/%zz']) {
        expect((await ask(method, path)).status, path).toBe(401);
      }
    },
  );

  test('HEAD is 401', async () => {
    expect((await ask('HEAD', '/')).status).toBe(401);
  });

  test('alive and ready are told all the same', async () => {
    expect((await ask('GET', '/healthz')).status).toBe(200);
    expect((await ask('GET', '/readyz')).status).toBe(200);
    expect((await ask('HEAD', '/healthz?x=1')).status).toBe(200);
    expect((await ask('POST', '/healthz')).status).toBe(401);
  });

  test('the inference protocol says so in its own words, and is alive and ready too', async () => {
    for (const path of ['/v2', '/v2/models/fake', '/v2/none']) {
      const { status, body } = await ask('GET', path);
      expect([status, Object.keys(JSON.parse(body))], path).toEqual([401, ['error']]);
    }
    expect(await ask('GET', '/v2/models/fake/ready')).toEqual({ status: 401, body: '' });
    for (const path of ['/v2/health/live', '/v2/health/ready']) {
      expect(await ask('GET', path)).toEqual({ status: 200, body: '' });
    }
  });

  test('a photo is refused before it is sent', async () => {
    const socket = connect(Number(new URL(api.url).port), '127.0.0.1');
    const head = 'POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: image/jpeg\r\n';
    // More than is drained: the answer comes without a byte of it.
    socket.write(`${head}Content-Length: 100000000\r\n\r\n`);
    let text = '';
    for await (const chunk of socket) text += chunk;
    expect(text).toMatch(/^HTTP\/1.1 401 /);
    expect(text).toMatch(/^connection: close/im);
  });

  test('an upload sees its answer', async () => {
    const response = await fetch(`${api.url}/predict`, { method: 'POST', body: form(photo) });
    expect(response.status).toBe(401);
    expect(await read(response)).toMatchObject({ code: 'UNAUTHORIZED' });
  });
});

test.each([
  ['Authorization: Bearer', bearer(KEY)],
  ['in lower case', { authorization: `bearer ${KEY}` }],
  ['X-API-Key', { 'x-api-key': KEY }],
  ['X-API-Key beside what is for a proxy', { 'x-api-key': KEY, ...basic('of the proxy') }],
  ['password', basic(KEY)],
  ['the other key', bearer(OTHER)],
])('%s lets in', async (_name, headers) => {
  expect((await fetch(`${api.url}/model`, { headers })).status).toBe(200);
  const init = { method: 'POST', body: form(photo), headers };
  expect((await fetch(`${api.url}/predict`, init)).status).toBe(200);
  expect((await fetch(`${api.url}/nothing`, { headers })).status).toBe(404);
});

test.each([
  ['a wrong key', bearer(`${KEY}x`)],
  ['a wrong password', basic('wrong')],
  ['a password without a user', { authorization: `Basic ${Buffer.from('x').toString('base64')}` }],
  ['two keys in one header', { 'x-api-key': `${KEY}, ${OTHER}` }],
  ['a wrong X-API-Key beside a right key', { 'x-api-key': 'wrong', ...bearer(KEY) }],
  ['another scheme', { authorization: `Digest ${KEY}` }],
  ['no scheme', { authorization: KEY }],
  ['nothing', { authorization: '' }],
])('%s does not', async (_name, headers) => {
  const response = await fetch(`${api.url}/model`, { headers });
  expect(response.status).toBe(401);
  expect(await response.text()).not.toContain(KEY);
});

test('a key in the address is none', async () => {
  expect((await fetch(`${api.url}/model?api_key=${KEY}&key=${KEY}`)).status).toBe(401);
});

test('a browser asks for the password where a page was to be seen, and nowhere else', async () => {
  const challenge = async (path: string, init?: RequestInit) =>
    (await fetch(api.url + path, init)).headers.get('www-authenticate');
  const navigation = { headers: { accept: 'text/html,*/*;q=0.8' } };
  expect(await challenge('/')).toBe('Basic realm="Synset"');
  expect(await challenge('/docs', navigation)).toBe('Basic realm="Synset"');
  expect(await challenge('/', { method: 'POST', ...navigation })).toBe('Basic realm="Synset"');
  expect(await challenge('/predict', { method: 'POST' })).toBe('Bearer realm="Synset"');
  expect(await challenge('/assets/page.css')).toBe('Bearer realm="Synset"');
});

describe('what a browser sends by itself', () => {
  const send = (headers: Record<string, string>) =>
    fetch(`${api.url}/predict`, { method: 'POST', body: form(photo), headers });

  test.each([
    [{ 'sec-fetch-site': 'cross-site' }],
    [{ 'sec-fetch-site': 'same-site' }],
    [{ origin: 'http://evil.example' }],
    [{ origin: 'null' }],
  ])('does not count for another site: %j', async (headers) => {
    const response = await send({ ...basic(KEY), ...headers });
    expect(response.status).toBe(401);
    // No dialog: the password was right.
    expect(response.headers.get('www-authenticate')).toBe('Bearer realm="Synset"');
    // What only a program sends does.
    expect((await send({ ...bearer(KEY), ...headers })).status).toBe(200);
  });

  test('counts for the page', async () => {
    expect((await send({ ...basic(KEY), 'sec-fetch-site': 'same-origin' })).status).toBe(200);
    expect((await send({ ...basic(KEY), origin: api.url })).status).toBe(200);
    const link = { ...basic(KEY), 'sec-fetch-site': 'cross-site' };
    expect((await fetch(api.url, { headers: link })).status).toBe(200);
  });
});

test('the same Idempotency-Key of another API key is another one', async () => {
  const send = async (key: string) => {
    const headers = { ...bearer(key), 'idempotency-key': 'one' };
    const init = { method: 'POST', body: form(photo), headers };
    const response = await fetch(`${api.url}/jobs`, init);
    expect(response.status).toBe(202);
    return ((await response.json()) as { jobs: { id: string }[] }).jobs[0]?.id;
  };
  const id = await send(KEY);
  expect(await send(KEY)).toBe(id);
  expect(await send(OTHER)).not.toBe(id);
});

test('no key gets into Redis', async () => {
  const redis = createRedis({ url: inject('redisUrl'), name: 'test', log: silentLog });
  await redis.connect();
  const names = await redis.keys(
    createKeys(api.prefix)
      .result('*')
      .replace(/result:\*$/, '*'),
  );
  expect(names.length).toBeGreaterThan(0);
  for (const name of names) {
    const dump = `${name} ${await redis.sendCommand(['DUMP', name])}`;
    expect(dump).not.toContain(KEY);
    expect(dump).not.toContain(OTHER);
  }
  redis.destroy();
});

test('the metrics need a key unless they are open', async () => {
  const env = { REDIS_URL: inject('redisUrl'), KEY_PREFIX: api.prefix, API_KEYS: KEY };
  const open = await buildApi(readConfig({ ...env, METRICS_OPEN: 'true' }), silentLog);
  if (!open.app.hasRoute({ method: 'GET', url: '/metrics' })) open.app.get('/metrics', () => '');
  expect((await open.app.inject('/metrics')).statusCode).toBe(200);
  expect((await open.app.inject('/model')).statusCode).toBe(401);
  await open.close();
});
