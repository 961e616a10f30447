import { createHash } from 'node:crypto';
import { createKeys, createRedis, type Redis } from '@synset/shared';
import { silentLog, testPhoto } from '@synset/shared/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { form, startApi, type TestApi } from './api.ts';
import { explanationOf, type FakeWorker, startFakeWorker } from './fake-worker.ts';

const photo = testPhoto('nagasaki-boats');
const other = testPhoto('dust-bowl-home');
const sha256 = createHash('sha256').update(photo).digest('hex');

let redis: Redis;
let api: TestApi;
let worker: FakeWorker;

beforeAll(async () => {
  redis = createRedis({ url: inject('redisUrl'), name: 'test', log: silentLog });
  await redis.connect();
});

afterAll(() => redis.destroy());

async function start(env: NodeJS.ProcessEnv = {}): Promise<void> {
  api = await startApi({ MAX_UPLOAD_BYTES: '400000', MAX_IN_FLIGHT_BYTES: '4000000', ...env });
  worker = await startFakeWorker(inject('redisUrl'), api.prefix, () => {}, { reads: false });
}

beforeEach(() => start());

afterEach(async () => {
  await api.close();
  await worker.close();
});

interface Entry {
  index: number;
  filename: string;
  id: string;
  status: string;
  href: string;
  problem?: { status: number; code: string; detail: string };
}

interface Body {
  success: boolean;
  code?: string;
  jobs: Entry[];
}

async function send(body: FormData | Buffer, headers: Record<string, string> = {}, query = '') {
  const init = { method: 'POST', body: body as RequestInit['body'] & {}, headers };
  const response = await fetch(`${api.url}/jobs${query}`, init);
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Body,
  };
}

const keys = () => createKeys(api.prefix);
const backlog = () => redis.xLen(keys().jobs);

async function poll(href: string) {
  const response = await fetch(api.url + href);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

/** Lets a worker take what waits and be silent about it. */
async function takeAll() {
  await redis.xGroupCreate(keys().jobs, 'classifiers', '0', { MKSTREAM: true }).catch(() => {});
  await redis.xReadGroup('classifiers', 'taker', { key: keys().jobs, id: '>' });
}

/** As a worker would leave it. */
async function finish(id: string, fields: object) {
  const record = { jobId: id, sha256, ...fields };
  await redis.set(keys().result(id), JSON.stringify(record));
}

const done = {
  status: 'done',
  categories: [{ index: 281, score: 0.5 }],
  model: { name: 'fake', trained: false },
  width: 1024,
  height: 819,
  format: 'jpeg',
  bytes: photo.length,
  cached: false,
  uploadMs: 1,
  queueMs: 2,
  decodeMs: 3,
  inferenceMs: 4,
};

test('each file of a form becomes a job, or a problem', async () => {
  const files = form(photo, 'this is no photo', other, Buffer.alloc(400_001), '');
  const { status, body } = await send(files, {}, '?topK=3');
  expect(status).toBe(202);
  expect(body.success).toBe(true);
  expect(body.jobs[0]).toEqual({
    index: 0,
    filename: 'photo.jpg',
    id: expect.stringMatching(/^[\w-]{36}$/),
    status: 'queued',
    href: `/jobs/${body.jobs[0]?.id}`,
  });
  expect(body.jobs.map(({ status, problem }) => status ?? problem?.code)).toEqual([
    'queued',
    'UNSUPPORTED_FORMAT',
    'queued',
    'FILE_TOO_LARGE',
    'FILE_EMPTY',
  ]);
  expect(body.jobs[1]?.problem).toMatchObject({ status: 415, detail: expect.any(String) });
  expect(await backlog()).toBe(2);
  const [entry] = (await redis.xRange(keys().jobs, '-', '+')) ?? [];
  expect(JSON.parse(entry?.message.header ?? '')).toMatchObject({
    budgetMs: null,
    replyTo: null,
    resultTtlS: 3600,
    topK: 3,
  });
});

test('a job is queued, then processing, then done', async () => {
  const { body } = await send(form(photo));
  const { id = '', href = '' } = body.jobs[0] ?? {};
  expect(await poll(href)).toEqual({ status: 200, body: { success: true, id, status: 'queued' } });
  await takeAll();
  expect((await poll(href)).body).toEqual({ success: true, id, status: 'processing' });
  await finish(id, done);
  expect((await poll(href)).body).toMatchObject({
    status: 'done',
    result: {
      success: true,
      id,
      prediction: 'tabby',
      image: { width: 1024, bytes: photo.length, sha256 },
      timings: { uploadMs: 1, queueMs: 2, decodeMs: 3, inferenceMs: 4, totalMs: 10 },
    },
  });
});

test('a job comes with its reasons where they were asked for, and says whether it is sure', async () => {
  const { body } = await send(form(photo), {}, '?explain=true');
  const { id = '', href = '' } = body.jobs[0] ?? {};
  const [entry] = (await redis.xRange(keys().jobs, '-', '+')) ?? [];
  expect(JSON.parse(entry?.message.header ?? '')).toMatchObject({ explain: true });
  const explanation = explanationOf(1, 1024, 819);
  await finish(id, { ...done, confident: true, explanation });
  const { area, grids } = explanation;
  expect((await poll(href)).body).toMatchObject({
    result: { confident: true, explanation: { category: 281, grid: grids[0], area, others: [] } },
  });
  // As a worker of an older version leaves it.
  await finish(id, done);
  const older = (await poll(href)).body.result;
  expect(older).toMatchObject({ confident: false });
  expect(older).not.toHaveProperty('explanation');
});

test('a job that failed has its problem', async () => {
  const { body } = await send(form(photo));
  const { id = '', href = '' } = body.jobs[0] ?? {};
  await finish(id, { status: 'failed', code: 'JOB_FAILED', detail: 'given up' });
  expect(await poll(href)).toMatchObject({
    status: 200,
    body: {
      success: true,
      status: 'failed',
      problem: { status: 500, code: 'JOB_FAILED', detail: 'given up' },
    },
  });
});

test.each(['unknown', '00000000-0000-0000-0000-000000000000', '..%2Fjobs', '%00'])(
  'the id %s is 404',
  async (id) => {
    expect(await poll(`/jobs/${id}`)).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
  },
);

test('a job that is in the queue no more, and has no result, is not called queued', async () => {
  const { body } = await send(form(photo));
  const [entry] = (await redis.xRange(keys().jobs, '-', '+')) ?? [];
  await redis.xDel(keys().jobs, entry?.id ?? '');
  expect((await poll(body.jobs[0]?.href ?? '')).body).toMatchObject({
    status: 'failed',
    problem: { code: 'JOB_FAILED' },
  });
});

test('the photo of a job can be looked at', async () => {
  const { body } = await send(form(photo));
  const shown = await fetch(`${api.url}/display/${body.jobs[0]?.id}`);
  expect(shown.headers.get('content-type')).toBe('image/jpeg');
  expect(Buffer.from(await shown.arrayBuffer()).equals(photo)).toBe(true);
});

describe('the request as a whole is refused', () => {
  test('without a file', async () => {
    const fields = new FormData();
    fields.append('comment', 'none');
    expect(await send(fields)).toMatchObject({ status: 400, body: { code: 'FILE_MISSING' } });
  });

  test('when it is no form', async () => {
    const headers = { 'content-type': 'image/jpeg' };
    expect(await send(photo, headers)).toMatchObject({
      status: 400,
      body: { code: 'NOT_MULTIPART' },
    });
  });

  test('with more than half of MAX_IN_FLIGHT_BYTES', async () => {
    const files = form(...Array(8).fill(photo));
    expect(await send(files)).toMatchObject({ status: 413, body: { code: 'FILE_TOO_LARGE' } });
    expect(await backlog()).toBe(0);
  });

  test('with more than 100 files: none of them is left to run', async () => {
    const { status, body } = await send(form(...Array(101).fill('x'), photo));
    expect([status, body.code]).toEqual([400, 'TOO_MANY_FILES']);
  });

  test('when it breaks off: what was queued is withdrawn', async () => {
    const boundary = 'b';
    const part = `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n`;
    const cut = Buffer.concat([Buffer.from(part), photo, Buffer.from(`\r\n${part}`)]);
    const headers = { 'content-type': `multipart/form-data; boundary=${boundary}` };
    expect(await send(cut, headers)).toMatchObject({
      status: 400,
      body: { code: 'UPLOAD_TRUNCATED' },
    });
    const [entry] = (await redis.xRange(keys().jobs, '-', '+')) ?? [];
    const { id } = JSON.parse(entry?.message.header ?? '{}');
    expect(await redis.exists(keys().withdrawn(id))).toBe(1);
  });

  test('when the queue takes none of its photos', async () => {
    await api.close();
    await worker.close();
    await start({ QUEUE_LIMIT: '1' });
    const first = await send(form(photo, other));
    expect(first.status).toBe(202);
    expect(first.body.jobs[1]?.problem).toMatchObject({ status: 503, code: 'QUEUE_FULL' });
    expect(first.headers.get('retry-after')).toBe('5');
    const second = await send(form(photo, other));
    expect(second).toMatchObject({ status: 503, body: { code: 'QUEUE_FULL' } });
    expect(second.headers.get('retry-after')).toBe('5');
  });
});

describe('an Idempotency-Key', () => {
  const key = { 'idempotency-key': 'one' };

  test('makes a repetition harmless', async () => {
    const first = await send(form(photo, 'no photo'), key);
    const second = await send(form(photo, 'no photo'), key);
    expect(second.status).toBe(202);
    expect(second.body).toEqual(first.body);
    expect(await backlog()).toBe(1);
  });

  test('makes repetitions at the same time harmless too', async () => {
    const all = await Promise.all(Array.from({ length: 5 }, () => send(form(photo), key)));
    expect(new Set(all.map(({ body }) => body.jobs[0]?.id)).size).toBe(1);
    expect(await backlog()).toBe(1);
  });

  test('finds the jobs of a request whose answer was never given', async () => {
    const first = await send(form(photo), key);
    const idempotent = await redis.keys(keys().idempotent('*'));
    expect(await redis.del(idempotent)).toBe(1);
    const second = await send(form(photo, other), key);
    expect(second.body.jobs[0]?.id).toBe(first.body.jobs[0]?.id);
    expect(await backlog()).toBe(2);
  });

  test.each([
    ['other photos', form(other), ''],
    ['more photos', form(photo, other), ''],
    ['other options', form(photo), '?topK=2'],
    ['a wish for reasons', form(photo), '?explain=true'],
  ])('with %s is 422', async (_, files, query) => {
    await send(form(photo), key);
    expect(await send(files, key, query)).toMatchObject({
      status: 422,
      body: { code: 'IDEMPOTENCY_MISMATCH' },
    });
    expect(await backlog()).toBe(1);
  });

  test('with other photos is 422 even when the first answer was never given', async () => {
    await send(form(photo), key);
    await redis.del(await redis.keys(keys().idempotent('*')));
    expect((await send(form(other), key)).status).toBe(422);
  });

  test('adds what was refused when it is sent again', async () => {
    await api.close();
    await worker.close();
    await start({ QUEUE_LIMIT: '1' });
    const first = await send(form(photo, other), key);
    expect(first.body.jobs[1]?.problem?.code).toBe('QUEUE_FULL');
    await redis.xTrim(keys().jobs, 'MAXLEN', 0); // the first is done
    const second = await send(form(photo, other), key);
    expect(second.body.jobs.map(({ status }) => status)).toEqual(['queued', 'queued']);
    expect(second.body.jobs[0]?.id).toBe(first.body.jobs[0]?.id);
    expect(await backlog()).toBe(1);
  });

  test('gives IDs that nobody can tell beforehand: another service has others for it', async () => {
    const idHere = async () => (await send(form(photo), key)).body.jobs[0]?.id;
    const first = await idHere();
    await api.close();
    await worker.close();
    await start();
    expect(await idHere()).not.toBe(first);
  });

  test('that is too long is refused', async () => {
    const { status, body } = await send(form(photo), { 'idempotency-key': 'x'.repeat(256) });
    expect([status, body.code]).toEqual([400, 'INVALID_OPTION']);
  });
});
