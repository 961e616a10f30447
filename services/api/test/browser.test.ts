// What browsers are told of our answers, and who else they may ask for.
import { request as httpRequest } from 'node:http';
import { testPhoto } from '@synset/shared/testing';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { readConfig } from '../src/config.ts';
import { form, post, startApi, type TestApi } from './api.ts';
import { type FakeWorker, startFakeWorker } from './fake-worker.ts';

const KEY = 'a-key-of-some-length';
const SHOP = 'https://shop.example';

let api: TestApi;
let open: TestApi;
let worker: FakeWorker;

beforeAll(async () => {
  open = await startApi();
  const env = {
    KEY_PREFIX: open.prefix,
    API_KEYS: KEY,
    CORS_ORIGINS: `${SHOP}, http://localhost:8080`,
  };
  api = await startApi({ ...env, TRUST_PROXY: 'loopback' });
  worker = await startFakeWorker(inject('redisUrl'), open.prefix);
});

afterAll(async () => {
  await api.close();
  await open.close();
  await worker.close();
});

const policyOf = ({ headers }: Response) => headers.get('content-security-policy') ?? '';

test.each(['/', '/model', '/nothing', '/assets/page.js'])('%s may do little', async (path) => {
  const response = await fetch(open.url + path);
  expect(policyOf(response).split(';').sort()).toEqual(
    [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self' blob:",
      "connect-src 'self'",
      "form-action 'self'",
      "frame-ancestors 'none'",
      "base-uri 'none'",
    ].sort(),
  );
  const others = Object.fromEntries(response.headers);
  expect(others).toMatchObject({
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
  });
  expect(others).not.toHaveProperty('strict-transport-security');
});

test('a refusal for want of a key has these headers too', async () => {
  const response = await fetch(api.url);
  expect(response.status).toBe(401);
  expect(policyOf(response)).toContain("default-src 'none'");
});

test('a photo that is shown keeps its own, stricter policy', async () => {
  const html = await (await post(open.url, form(testPhoto('nagasaki-boats')))).text();
  const [path] = html.match(/\/display\/[\w-]+/) ?? [];
  const response = await fetch(open.url + path);
  expect(response.status).toBe(200);
  expect(policyOf(response)).toBe("default-src 'none'; sandbox");
  expect(response.headers.get('x-content-type-options')).toBe('nosniff');
});

test('the page needs nothing that the policy forbids', async () => {
  const html = await (await post(open.url, form(testPhoto('nagasaki-boats')))).text();
  expect(html).not.toMatch(/<style|\sstyle=|\son\w+=|javascript:|\bdata:/i);
  expect(html).not.toMatch(/<script(?![^>]*\ssrc="\/)/i);
  expect(html).not.toMatch(/(src|href|action|srcset)="(?!\/(?!\/))/i);
});

const preflight = (url: string, origin: string, method = 'POST') =>
  fetch(`${url}/predict`, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': method,
      'access-control-request-headers': 'authorization',
    },
  });

test('the page of another site may ask where it is named, with a key', async () => {
  const asked = await preflight(api.url, SHOP);
  expect(asked.status).toBe(204);
  expect(asked.headers.get('access-control-allow-origin')).toBe(SHOP);
  expect(asked.headers.get('access-control-allow-headers')).toContain('authorization');
  expect(asked.headers.has('access-control-allow-credentials')).toBe(false);
  const headers = { origin: SHOP, authorization: `Bearer ${KEY}` };
  const response = await fetch(`${api.url}/model`, { headers });
  expect(response.status).toBe(200);
  expect(response.headers.get('access-control-allow-origin')).toBe(SHOP);
  expect(response.headers.get('access-control-expose-headers')).toContain('retry-after');
  // It sees why it was refused.
  const refused = await fetch(`${api.url}/model`, { headers: { origin: SHOP } });
  expect(refused.status).toBe(401);
  expect(refused.headers.get('access-control-allow-origin')).toBe(SHOP);
});

test('others may not', async () => {
  for (const origin of ['https://evil.example', 'http://shop.example', 'null']) {
    const asked = await preflight(api.url, origin);
    expect(asked.headers.has('access-control-allow-origin'), origin).toBe(false);
  }
});

test('nobody may where none is named', async () => {
  const asked = await preflight(open.url, SHOP);
  expect(asked.status).toBe(405);
  expect([...asked.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  const response = await fetch(`${open.url}/model`, { headers: { origin: SHOP } });
  expect(response.headers.has('access-control-allow-origin')).toBe(false);
});

test('a proxy is believed only where it is named', async () => {
  const hostOf = (url: string) => {
    // What the page's own form says through a proxy that has another name.
    const { promise, resolve } = Promise.withResolvers<number | undefined>();
    const headers = {
      'x-forwarded-host': 'photos.example',
      origin: 'https://photos.example',
      authorization: `Basic ${Buffer.from(`me:${KEY}`).toString('base64')}`,
    };
    const request = httpRequest(`${url}/nothing`, { method: 'POST', headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    request.end();
    return promise;
  };
  const alone = await startApi({ API_KEYS: KEY });
  expect(await hostOf(api.url)).toBe(404);
  expect(await hostOf(alone.url)).toBe(401);
  await alone.close();
});

test.each([
  ['CORS_ORIGINS', '*'],
  ['CORS_ORIGINS', 'shop.example'],
  ['CORS_ORIGINS', 'https://shop.example/'],
  ['CORS_ORIGINS', 'file:///x'],
  ['CORS_ORIGINS', 'null'],
  ['TRUST_PROXY', 'true'],
  ['TRUST_PROXY', '1'],
  ['TRUST_PROXY', '10.0.0.0/33'],
  ['TRUST_PROXY', '0.0.0.0/0'],
  ['TRUST_PROXY', '10.0.0.0/8/8'],
  ['TRUST_PROXY', 'proxy.example'],
])('%s=%s is refused', (name, value) => {
  expect(() => readConfig({ [name]: value })).toThrow(`bad setting: ${name}: ${value} is no`);
});

test('addresses, ranges and names of proxies are taken', () => {
  const list = ['10.0.0.5', '172.16.0.0/12', 'fd00::/8', 'loopback', 'uniquelocal'];
  expect(readConfig({ TRUST_PROXY: list.join(', ') }).TRUST_PROXY).toEqual(list);
});
