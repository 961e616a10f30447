// What a connection, a URL and each part of a form may take, and what is said beyond it.
import { once } from 'node:events';
import { connect } from 'node:net';
import { testPhoto } from '@synset/shared/testing';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { read, startApi, type TestApi } from './api.ts';
import { type FakeWorker, startFakeWorker } from './fake-worker.ts';

const photo = testPhoto('nagasaki-boats');

let api: TestApi;
let worker: FakeWorker;

beforeAll(async () => {
  api = await startApi();
  worker = await startFakeWorker(inject('redisUrl'), api.prefix);
});

afterAll(async () => {
  await api.close();
  await worker.close();
});

async function open() {
  const socket = connect(Number(new URL(api.url).port), '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

test('the times of a connection are those that are written', () => {
  expect(api.app.server).toMatchObject({
    headersTimeout: 10_000,
    requestTimeout: 60_000,
    keepAliveTimeout: 72_000,
    maxConnections: 10_000,
  });
});

test.each([
  ['a URL of 20 kB', `/labels?${'x'.repeat(20_000)}`, 431, 'HEADERS_TOO_LARGE'],
  ['a long query', `/labels?${'x'.repeat(15_000)}`, 200, undefined],
  ['many options', `/predict?${'a=1&'.repeat(3000)}`, 405, 'METHOD_NOT_ALLOWED'],
  ['a long ID', `/jobs/${'x'.repeat(200)}`, 404, 'NOT_FOUND'],
])('%s', async (_name, path, status, code) => {
  const response = await fetch(api.url + path);
  expect(response.status).toBe(status);
  if (code) expect(await read(response)).toMatchObject({ code });
});

const BOUNDARY = 'xxxxxxxxxx';
const DISPOSITION = 'Content-Disposition: form-data; name="file"; filename="a.jpg"';

interface Part {
  headers: string[];
  body?: Buffer | string;
}

/** A form whose parts are written as they are. */
async function send(path: string, parts: Part[]) {
  const chunks = parts.flatMap(({ headers, body = '' }) => [
    Buffer.from(`--${BOUNDARY}\r\n${headers.join('\r\n')}\r\n\r\n`),
    Buffer.from(body),
    Buffer.from('\r\n'),
  ]);
  const body = new Uint8Array(Buffer.concat([...chunks, Buffer.from(`--${BOUNDARY}--\r\n`)]));
  const headers = { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` };
  const response = await fetch(api.url + path, { method: 'POST', body, headers });
  return { status: response.status, body: await read(response) };
}

const file = (...more: string[]): Part => ({ headers: [...more, DISPOSITION], body: photo });
const field = (name: string, body = ''): Part => ({
  headers: [`Content-Disposition: form-data; name="${name}"`],
  body,
});

describe.each(['/predict', '/jobs'])('a form for %s', (path) => {
  test('within all limits is taken', async () => {
    const others = Array.from({ length: 8 }, (_, i) =>
      field(`${i}`.repeat(100), 'x'.repeat(10_000)),
    );
    const headers = Array.from({ length: 40 }, (_, i) => `X-${i}: ${'x'.repeat(100)}`);
    expect((await send(path, [...others, file(...headers)])).status).toBeLessThan(300);
  });

  test.each<[string, Part[], string, RegExp]>([
    ['a long name', [field('x'.repeat(101)), file()], 'INVALID_BODY', /name .* 100 characters/],
    [
      'a long name of a file',
      [
        { headers: [`Content-Disposition: form-data; name="${'x'.repeat(101)}"; filename="a"`] },
        file(),
      ],
      'INVALID_BODY',
      /name .* 100 characters/,
    ],
    ['a long value', [field('a', 'x'.repeat(10_001)), file()], 'INVALID_BODY', /10000 bytes/],
    [
      'many fields',
      [...Array.from({ length: 11 }, (_, i) => field(`f${i}`)), file()],
      'INVALID_BODY',
      /too many parts/,
    ],
    ['a long header', [file(`X-Long: ${'x'.repeat(8192)}`)], 'FILE_MISSING', /field "file"/],
    [
      'many headers',
      [file(...Array.from({ length: 50 }, (_, i) => `X-${i}: x`))],
      'FILE_MISSING',
      /field "file"/,
    ],
    ['a name of a prototype', [field('__proto__'), file()], 'INVALID_BODY', /cannot be read/],
    ['a broken JSON field', [jsonField('{'), file()], 'INVALID_BODY', /cannot be read/],
  ])('with %s is refused', async (_name, parts, code, detail) => {
    const { status, body } = await send(path, parts);
    expect(status).toBe(400);
    expect(body).toMatchObject({ code, detail: expect.stringMatching(detail) });
  });
});

test('too many files are counted in both', async () => {
  expect((await send('/predict', [file(), file()])).body.code).toBe('TOO_MANY_FILES');
  const small: Part = { headers: [DISPOSITION], body: 'x' };
  const files = Array.from({ length: 101 }, () => small);
  expect((await send('/jobs', files)).body.code).toBe('TOO_MANY_FILES');
});

function jsonField(body: string): Part {
  const headers = ['Content-Disposition: form-data; name="a"', 'Content-Type: application/json'];
  return { headers, body };
}

test('headers that do not come to an end are answered, and others meanwhile', async () => {
  const slow = await Promise.all(Array.from({ length: 50 }, open));
  for (const socket of slow) socket.write('GET /labels HTTP/1.1\r\nHost: x\r\nX-Slow: ');
  const answers = slow.map(async (socket) => {
    let text = '';
    for await (const chunk of socket) text += chunk;
    return text;
  });
  expect((await fetch(`${api.url}/labels`)).status).toBe(200);
  for (const answer of await Promise.all(answers)) {
    expect(answer).toMatch(/^HTTP\/1.1 408 .*"code":"REQUEST_TIMEOUT"/s);
  }
}, 60_000);
