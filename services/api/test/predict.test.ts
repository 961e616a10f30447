import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import type { Reply } from '@synset/shared';
import { testPhoto } from '@synset/shared/testing';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { form, post, read, startApi, type TestApi } from './api.ts';
import { type FakeWorker, startFakeWorker, tabby } from './fake-worker.ts';

const LIMIT = 400_000;
const photo = testPhoto('nagasaki-boats');

let api: TestApi;
let worker: FakeWorker;
let predict: string;

beforeAll(async () => {
  api = await startApi({ MAX_UPLOAD_BYTES: `${LIMIT}`, MAX_IN_FLIGHT_BYTES: '1000000' });
  worker = await startFakeWorker(inject('redisUrl'), api.prefix, (job, { reply }) => {
    if (job.topK === 999)
      void reply(job, {
        jobId: job.id,
        status: 'failed',
        sha256: job.sha256,
        code: 'JOB_FAILED',
        detail: 'gave up',
      });
    else if (job.topK === 998) void reply(job, { ...tabby(job), explanation: null } as Reply);
    else void reply(job, tabby(job));
  });
  predict = `${api.url}/predict`;
});

afterAll(async () => {
  await api.close();
  await worker.close();
});

describe('a photo', () => {
  test('as a form gets all fields of the contract', async () => {
    const response = await post(predict, form(photo));
    expect(response.status).toBe(200);
    const body = await read(response);
    expect(body).toEqual({
      success: true,
      id: expect.stringMatching(/^[\w-]{36}$/),
      prediction: 'tabby',
      score: 0.5,
      confident: true,
      predictions: expect.any(Array),
      model: { name: 'fake', trained: false },
      image: {
        format: 'jpeg',
        width: 1024,
        height: 819,
        bytes: photo.length,
        sha256: createHash('sha256').update(photo).digest('hex'),
      },
      cached: false,
      timings: {
        uploadMs: expect.any(Number),
        queueMs: expect.any(Number),
        decodeMs: 1,
        inferenceMs: 2,
        totalMs: expect.any(Number),
      },
    });
    expect(body.predictions).toHaveLength(5);
    expect(body.predictions[0]).toEqual({
      index: 281,
      synset: 'n02123045',
      label: 'tabby',
      score: 0.5,
    });
    expect(response.headers.get('server-timing')).toMatch(
      /upload;dur=.*queue;dur=.*decode;dur=1, inference;dur=2, total;dur=/,
    );
  });

  test('as the raw body is the same', async () => {
    const response = await post(predict, new Uint8Array(photo), 'image/jpeg');
    expect(await read(response)).toMatchObject({
      prediction: 'tabby',
      image: { bytes: photo.length },
    });
  });

  test('sent in chunks without a length is the same', async () => {
    const body = ReadableStream.from([photo.subarray(0, 1000), photo.subarray(1000)]);
    const init = { method: 'POST', body, duplex: 'half', headers: { 'content-type': 'image/png' } };
    const response = await fetch(predict, init as RequestInit);
    expect(await read(response)).toMatchObject({ image: { format: 'jpeg', bytes: photo.length } });
  });

  test('reaches the worker byte for byte', () => {
    for (const job of worker.jobs) expect(job.image.equals(photo)).toBe(true);
  });

  test('is answered with as many categories as asked for', async () => {
    const response = await post(`${predict}?topK=1000`, form(photo));
    expect((await read(response)).predictions).toHaveLength(1000);
  });
});

async function expectProblem(response: Response, status: number, code: string, detail?: RegExp) {
  const body = await read(response);
  expect(body).toMatchObject({ status, code });
  expect(response.status).toBe(status);
  expect(response.headers.get('content-type')).toMatch('application/problem+json');
  expect(body).toEqual({
    success: false,
    prediction: null,
    score: null,
    type: `urn:synset:problem:${code.toLowerCase().replaceAll('_', '-')}`,
    title: expect.any(String),
    status,
    code,
    detail: detail ? expect.stringMatching(detail) : expect.any(String),
    requestId: expect.stringMatching(/^[\w-]{36}$/),
  });
}

const otherField = () => {
  const data = new FormData();
  data.append('image', new Blob([new Uint8Array(photo)]), 'photo.jpg');
  data.append('file', 'only text');
  return data;
};

const manyFields = () => {
  const data = form(photo);
  for (let i = 0; i < 20; i++) data.append(`field${i}`, 'x');
  return data;
};

const header = (text: string) => Buffer.concat([Buffer.from(text, 'latin1'), Buffer.alloc(100)]);
const CUT_FORM = '--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nabc';

describe('with its reasons', () => {
  interface Explained {
    readonly explanation?: {
      readonly category: number;
      readonly grid: number[][];
      readonly area: object;
      readonly others: { category: number; grid: number[][] }[];
    } | null;
  }
  const ask = async (query: string): Promise<Explained> =>
    (await (await post(`${predict}${query}`, form(photo))).json()) as Explained;
  const brightest = (grid: number[][] = []) => grid.flat().indexOf(1);

  test('has a grid for the best category, and for the next ones', async () => {
    const { explanation } = await ask('?explain=true');
    expect(explanation?.area).toEqual({ x: 0, y: 0, width: 1024, height: 819 });
    expect([explanation?.category, brightest(explanation?.grid)]).toEqual([281, 0]);
    const others = explanation?.others.map(({ category, grid }) => [category, brightest(grid)]);
    expect(others).toEqual([
      [282, 1],
      [283, 2],
      [284, 3],
      [285, 4],
    ]);
    expect(worker.jobs.at(-1)?.explain).toBe(true);
  });

  test('has no more grids than categories', async () => {
    expect((await ask('?explain=true&topK=1')).explanation?.others).toEqual([]);
    expect((await ask('?explain=true&topK=9')).explanation?.others).toHaveLength(4);
  });

  test('says null where the model cannot tell', async () => {
    expect((await ask('?explain=true&topK=998')).explanation).toBeNull();
  });

  test.each(['', '?explain=false'])('has none where nobody asked: %j', async (query) => {
    expect(await ask(query)).not.toHaveProperty('explanation');
    expect(worker.jobs.at(-1)?.explain).toBe(false);
  });
});

describe('what is no photo', () => {
  test.each<[string, RequestInit['body'] & {}, string | undefined, number, string, RegExp?]>([
    [
      'a text file called .jpg',
      form('hello, I am no photo'),
      undefined,
      415,
      'UNSUPPORTED_FORMAT',
      /JPEG, PNG, WebP/,
    ],
    [
      'an SVG',
      form('<svg xmlns="http://www.w3.org/2000/svg"/>'),
      undefined,
      415,
      'UNSUPPORTED_FORMAT',
    ],
    [
      'a HEIC',
      form(header('\0\0\0\x18ftypheic\0\0\0\0mif1heic')),
      undefined,
      415,
      'UNSUPPORTED_FORMAT',
      /HEIC/,
    ],
    ['an empty file', form(''), undefined, 400, 'FILE_EMPTY'],
    ['an empty body', new Uint8Array(0), 'image/png', 400, 'FILE_EMPTY'],
    ['a form without a file', new FormData(), undefined, 400, 'FILE_MISSING', /"file"/],
    ['a file in another field', otherField(), undefined, 400, 'FILE_MISSING'],
    ['two files', form(photo, photo), undefined, 400, 'TOO_MANY_FILES'],
    ['three files', form(photo, photo, photo), undefined, 400, 'TOO_MANY_FILES'],
    ['a form of many fields', manyFields(), undefined, 400, 'INVALID_BODY'],
    ['JSON', '{"a":1}', 'application/json', 400, 'NOT_MULTIPART', /multipart/],
    ['JSON that is none', '{"a":', 'application/json', 400, 'NOT_MULTIPART'],
    ['a form without boundary', 'abc', 'multipart/form-data', 400, 'NOT_MULTIPART'],
    [
      'a form that breaks off',
      CUT_FORM,
      'multipart/form-data; boundary=x',
      400,
      'UPLOAD_TRUNCATED',
    ],
    [
      'a JPEG without its header',
      header('\xff\xd8\xff\xe0\0\x10JFIF'),
      'image/jpeg',
      422,
      'IMAGE_UNREADABLE',
    ],
    [
      'a PNG of 20000x20000',
      header('\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x4e\x20\0\0\x4e\x20\x01\0\0\0\0'),
      'image/png',
      413,
      'TOO_MANY_PIXELS',
      /20000 x 20000.*50000000/,
    ],
    [
      'one byte too many in a form',
      form(Buffer.alloc(LIMIT + 1, 7)),
      undefined,
      413,
      'FILE_TOO_LARGE',
      /400000/,
    ],
    [
      'one byte too many raw',
      new Uint8Array(LIMIT + 1),
      'image/jpeg',
      413,
      'FILE_TOO_LARGE',
      /400000/,
    ],
  ])('%s', async (_name, body, contentType, status, code, detail) => {
    const before = worker.jobs.length;
    await expectProblem(await post(predict, body, contentType), status, code, detail);
    expect(worker.jobs).toHaveLength(before);
    expect((await post(predict, form(photo))).status).toBe(200);
  });

  test('a file of exactly the limit is read', async () => {
    const file = Buffer.concat([photo, Buffer.alloc(LIMIT - photo.length)]);
    expect((await post(predict, form(file))).status).toBe(200);
  });

  test('no body at all', async () => {
    await expectProblem(await fetch(predict, { method: 'POST' }), 400, 'NOT_MULTIPART');
  });
});

describe('options', () => {
  test.each(['topK=0', 'topK=1001', 'topK=many', 'topK=1.5', 'topk=5', 'explain=maybe'])(
    '%s',
    async (query) => {
      await expectProblem(await post(`${predict}?${query}`, form(photo)), 400, 'INVALID_OPTION');
    },
  );
});

test('a job that the workers gave up', async () => {
  await expectProblem(await post(`${predict}?topK=999`, form(photo)), 500, 'JOB_FAILED', /gave up/);
});

test('another path, another method', async () => {
  await expectProblem(await fetch(`${api.url}/nothing`), 404, 'NOT_FOUND');
  await expectProblem(await fetch(`${api.url}/%zz`), 404, 'NOT_FOUND');
  const wrongMethod = await fetch(predict);
  expect(wrongMethod.headers.get('allow')).toBe('POST');
  await expectProblem(wrongMethod, 405, 'METHOD_NOT_ALLOWED');
  await expectProblem(await fetch(predict, { method: 'DELETE' }), 405, 'METHOD_NOT_ALLOWED');
});

/** Sends raw bytes and gives what comes back until the server closes. */
async function converse(...parts: string[]): Promise<string> {
  const socket = connect(Number(new URL(api.url).port), '127.0.0.1');
  for (const part of parts) socket.write(part);
  let answer = '';
  for await (const chunk of socket) answer += chunk;
  return answer;
}

test('what is no HTTP, and headers without end', async () => {
  expect(await converse('rubbish\r\n\r\n')).toMatch(/^HTTP\/1.1 400 .*"code":"INVALID_BODY"/s);
  expect(await converse(`GET / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`)).toMatch(
    /^HTTP\/1.1 431 .*"code":"HEADERS_TOO_LARGE"/s,
  );
});

test('an expectation that nobody knows is passed over', async () => {
  const head = 'GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 200-ok\r\n\r\n';
  expect(await converse(head)).toMatch(/^HTTP\/1.1 404 .*"code":"NOT_FOUND"/s);
});

test('a connection cut in the middle of an upload leaves the service as it was', async () => {
  const port = Number(new URL(api.url).port);
  const head = `POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: image/jpeg\r\nContent-Length: ${photo.length}\r\n\r\n`;
  for (let i = 0; i < 20; i++) {
    const socket = connect(port, '127.0.0.1');
    await new Promise<void>((resolve) => socket.write(head, () => resolve()));
    await new Promise<void>((resolve) => socket.write(photo.subarray(0, 1000), () => resolve()));
    socket.destroy();
  }
  // All 20 together had more bytes reserved than the instance may hold.
  expect((await post(predict, form(photo))).status).toBe(200);
});
