import { createHash } from 'node:crypto';
import {
  announceWorker,
  createKeys,
  createRedis,
  type Job,
  PIXELS_BYTES,
  type Redis,
  redisTime,
} from '@synset/shared';
import { plain, silentLog, testPhoto } from '@synset/shared/testing';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import packageJson from '../package.json' with { type: 'json' };
import { startApi, type TestApi } from './api.ts';
import { type FakeWorker, fakeModel, startFakeWorker, tabby } from './fake-worker.ts';
import { best, elements, image, infer, inferBinary, inferUrl, type Tensor } from './inference.ts';

const boats = testPhoto('nagasaki-boats');
const cat = testPhoto('locomotion-house-cat');

let redis: Redis;
let api: TestApi;
let worker: FakeWorker;
let workers: FakeWorker[];

beforeEach(async () => {
  redis = createRedis({ url: inject('redisUrl'), name: 'test', log: silentLog });
  await redis.connect();
  workers = [];
});

afterEach(async () => {
  await api.close();
  for (const worker of workers) await worker.close();
  redis.destroy();
});

type OnJob = Parameters<typeof startFakeWorker>[2];

async function start(env: NodeJS.ProcessEnv = {}, onJob?: OnJob, reads = true) {
  api = await startApi({ CACHE_TTL_S: '0', ...env });
  await startWorker(onJob, reads);
}

async function startWorker(onJob?: OnJob, reads = true) {
  worker = await startFakeWorker(inject('redisUrl'), api.prefix, onJob, { reads });
  workers.push(worker);
}

/** Best category by the photo's size, so that each answer shows whose it is. */
const bySize: OnJob = (job, me) => {
  const reply = tabby(job);
  if (reply.status !== 'done') return;
  const index = job.image.length % 1000;
  const categories = [{ index, score: 0.75 }, ...reply.categories.slice(1)];
  void me.reply(job, { ...reply, categories });
};

const get = async (path: string) => {
  const response = await fetch(api.url + path);
  const text = await response.text();
  return { status: response.status, body: text === '' ? null : JSON.parse(text) };
};

describe('health', () => {
  const paths = ['/v2/health/ready', '/v2/models/fake/ready', '/v2/models/fake/versions/1/ready'];

  test('says yes or no by its status, without a body', async () => {
    api = await startApi();
    expect(await get('/v2/health/live')).toEqual({ status: 200, body: null });
    for (const path of paths) expect(await get(path)).toEqual({ status: 503, body: null });
    await startWorker();
    for (const path of paths) expect(await get(path)).toEqual({ status: 200, body: null });
    for (const path of ['/v2/models/other/ready', '/v2/models/fake/versions/2/ready']) {
      expect(await get(path)).toEqual({ status: 404, body: null });
    }
  });
});

describe('metadata', () => {
  test('of the server', async () => {
    await start();
    const body = {
      name: 'synset',
      version: packageJson.version,
      extensions: ['binary_tensor_data', 'classification'],
    };
    for (const path of ['/v2', '/v2/']) expect(await get(path)).toEqual({ status: 200, body });
  });

  test('of a model', async () => {
    await start();
    const body = {
      name: 'fake',
      versions: ['1'],
      platform: 'onnx_onnxv1',
      inputs: [
        { name: 'image', datatype: 'BYTES', shape: [-1] },
        { name: 'pixels', datatype: 'UINT8', shape: [-1, 224, 224, 3] },
      ],
      outputs: [{ name: 'probabilities', datatype: 'FP32', shape: [-1, 1000] }],
      properties: { trained: 'false', sha256: '00' },
    };
    for (const path of ['/v2/models/fake', '/v2/models/fake/versions/1']) {
      expect(await get(path)).toEqual({ status: 200, body });
    }
    const error = expect.stringContaining('there is "fake", in version "1"');
    for (const path of ['/v2/models/other', '/v2/models/fake/versions/2']) {
      expect(await get(path)).toEqual({ status: 404, body: { error } });
    }
  });

  test('is 503 where no worker is there to say', async () => {
    api = await startApi();
    const body = { error: 'No worker is ready.' };
    expect(await get('/v2/models/fake')).toEqual({ status: 503, body });
  });

  test('other paths and methods have errors of the protocol too', async () => {
    await start();
    expect(await get('/v2/none')).toEqual({
      status: 404,
      body: { error: 'There is nothing at /v2/none.' },
    });
    const wrong = await fetch(`${api.url}/v2`, { method: 'DELETE' });
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'GET']);
    expect(await wrong.json()).toEqual({ error: '/v2 takes GET only.' });
  });
});

describe('encoded photos', () => {
  test('in JSON get the probabilities of all categories', async () => {
    await start();
    const { status, body, output } = await infer(api, { id: '42', inputs: [image(boats)] });
    expect(status).toBe(200);
    expect(body).toEqual({
      id: '42',
      model_name: 'fake',
      model_version: '1',
      outputs: [
        { name: 'probabilities', datatype: 'FP32', shape: [1, 1000], data: expect.any(Array) },
      ],
    });
    expect(output?.data).toHaveLength(1000);
    expect(output?.data?.[281]).toBe(0.5);
    expect(output?.data?.[283]).toBe(Math.fround(0.5 / 3));
    expect(worker.jobs[0]).toMatchObject({ format: 'jpeg', width: 1024, topK: 1000 });
    expect(worker.jobs[0]?.image.equals(boats)).toBe(true);
  });

  test('get as many best categories as asked for, each in its own row', async () => {
    await start({}, bySize);
    const photos = [boats, cat, boats];
    for (const shape of [[3], [3, 1]]) {
      const data = image(...photos).data?.map((text) => (shape.length > 1 ? [text] : text)) ?? [];
      const request = { inputs: [{ ...image(...photos), shape, data }], outputs: best(2) };
      const { output } = await infer(api, request);
      expect(output).toMatchObject({ datatype: 'BYTES', shape: [3, 2] });
      const rows = [output?.data?.[0], output?.data?.[2], output?.data?.[4]];
      const expected = photos.map(({ length }) => new RegExp(`^0.75:${length % 1000}:`));
      for (const [i, row] of rows.entries()) expect(row).toMatch(expected[i] as RegExp);
    }
    // The same photo twice is one job.
    expect(worker.jobs).toHaveLength(4);
  });

  test('are sent, and answered, as binary data', async () => {
    await start();
    const outputs = [{ name: 'probabilities', parameters: { binary_data: true } }];
    const input = { ...image(boats, cat), data: [] };
    const { headers, output, binary } = await inferBinary(api, input, elements(boats, cat), {
      outputs,
    });
    expect(headers.get('content-type')).toBe('application/octet-stream');
    expect(output).toEqual({
      name: 'probabilities',
      datatype: 'FP32',
      shape: [2, 1000],
      parameters: { binary_data_size: 8000 },
    });
    expect(binary).toHaveLength(8000);
    expect(binary.readFloatLE(281 * 4)).toBe(0.5);
    expect(binary.readFloatLE(4000 + 283 * 4)).toBe(Math.fround(0.5 / 3));
    const jobs = worker.jobs.map(({ image }) => image.length);
    expect(jobs).toEqual([boats.length, cat.length]);
  });

  test('binary_data_output asks for all outputs, and an output for itself', async () => {
    await start();
    const parameters = { binary_data_output: true };
    const inputs = [image(boats)];
    const all = await infer(api, { inputs, parameters, outputs: best(2) });
    expect(all.output?.parameters).toEqual({ binary_data_size: all.binary.length });
    expect(all.binary).toEqual(
      elements(Buffer.from('0.5:281:tabby'), Buffer.from('0.25:282:tiger cat')),
    );
    const own = await infer(api, { inputs, parameters, outputs: best(2, { binary_data: false }) });
    expect(own.output?.data).toEqual(['0.5:281:tabby', '0.25:282:tiger cat']);
  });

  test('may be a hundred', async () => {
    await start({}, bySize);
    const photos = Array.from({ length: 100 }, (_, i) => Buffer.concat([boats, Buffer.alloc(i)]));
    const input = { ...image(...photos), data: [] };
    const { status, output } = await inferBinary(api, input, elements(...photos), {
      outputs: best(1),
    });
    expect(status).toBe(200);
    const expected = photos.map(({ length }) => expect.stringMatching(`^0.75:${length % 1000}:`));
    expect(output?.data).toEqual(expected);
  });
});

describe('pixels', () => {
  const pixels = (n: number): Tensor => ({
    name: 'pixels',
    datatype: 'UINT8',
    shape: [n, 224, 224, 3],
  });
  const first = Buffer.from(Array.from({ length: PIXELS_BYTES }, (_, i) => i % 251));
  const second = Buffer.alloc(PIXELS_BYTES, 7);
  const both = Buffer.concat([first, second]);

  const nested = (bytes: Buffer) =>
    Array.from({ length: 224 }, (_, y) =>
      Array.from({ length: 224 }, (_, x) => [
        ...bytes.subarray((y * 224 + x) * 3, (y * 224 + x) * 3 + 3),
      ]),
    );

  test.each<[string, () => Promise<{ status: number }>]>([
    ['as binary data', () => inferBinary(api, pixels(2), both)],
    ['as numbers', () => infer(api, { inputs: [{ ...pixels(2), data: [...both] }] })],
    [
      'as nested numbers',
      () => infer(api, { inputs: [{ ...pixels(2), data: [nested(first), nested(second)] }] }),
    ],
  ])('%s reach the worker as they are', async (_, send) => {
    await start();
    expect((await send()).status).toBe(200);
    const jobs = worker.jobs.toSorted((a, b) => (b.image[1] ?? 0) - (a.image[1] ?? 0));
    expect(jobs.map(({ image }) => image.equals(first) || image.equals(second))).toEqual([
      true,
      true,
    ]);
    expect(jobs[0]).toMatchObject({ format: 'rgb224', width: 224, height: 224, orientation: 1 });
  });

  test('have another name than a photo with the same bytes, whose answer is another one', async () => {
    await start();
    const png = await plain([1, 2, 3], 'png', 100, 100);
    const file = Buffer.concat([png, Buffer.alloc(PIXELS_BYTES - png.length)]);
    expect((await inferBinary(api, pixels(1), file)).status).toBe(200);
    expect((await infer(api, { inputs: [image(file)] })).status).toBe(200);
    const [asPixels, asPhoto] = worker.jobs;
    expect(asPhoto?.sha256).toBe(createHash('sha256').update(file).digest('hex'));
    expect(asPixels?.image.equals(asPhoto?.image ?? Buffer.alloc(0))).toBe(true);
    expect(asPixels?.sha256).not.toBe(asPhoto?.sha256);
  });
});

describe('the jobs of a request', () => {
  const withdrawn = async () => (await redis.keys(createKeys(api.prefix).withdrawn('*'))).length;
  const three = () => ({
    inputs: [image(boats, cat, testPhoto('dust-bowl-home'))],
    outputs: best(1),
  });

  test('are withdrawn when one has no room', async () => {
    await start({ QUEUE_LIMIT: '2' }, undefined, false);
    const { status, headers, body } = await infer(api, three());
    expect([status, body.error]).toEqual([503, expect.stringContaining('The queue is full')]);
    expect(headers.get('retry-after')).not.toBeNull();
    while ((await withdrawn()) < 2);
  });

  test('are withdrawn when one fails', async () => {
    const failed = { status: 'failed', code: 'IMAGE_UNREADABLE', detail: 'damaged' } as const;
    await start({}, (job, me) => {
      const { id: jobId, sha256 } = job;
      if (job.image.equals(cat)) void me.reply(job, { ...failed, jobId, sha256 });
    });
    expect(await infer(api, three())).toMatchObject({
      status: 422,
      body: { error: 'Photo 1: damaged' },
    });
    while ((await withdrawn()) < 2);
  });

  test('are withdrawn when the client hangs up', async () => {
    const taken: Job[] = [];
    const all = Promise.withResolvers<void>();
    await start({}, (job) => {
      if (taken.push(job) === 3) all.resolve();
    });
    const client = new AbortController();
    const request = infer(api, three(), { signal: client.signal });
    await all.promise;
    client.abort();
    await expect(request).rejects.toThrow();
    while ((await withdrawn()) < 3);
  });

  test('are given up at the deadline', async () => {
    await start({}, () => {});
    const headers = { 'x-request-timeout': '300ms' };
    expect(await infer(api, three(), { headers })).toMatchObject({
      status: 504,
      body: { error: 'No worker answered within 300 ms.' },
    });
  });

  test('that the workers gave up are 500', async () => {
    await start({}, (job, me) => {
      const { id: jobId, sha256 } = job;
      void me.reply(job, {
        jobId,
        sha256,
        status: 'failed',
        code: 'JOB_FAILED',
        detail: 'gave up',
      });
    });
    expect(await infer(api, three())).toMatchObject({ status: 500, body: { error: 'gave up' } });
  });
});

test('a request whose JSON has more than a quarter of MAX_IN_FLIGHT_BYTES, told or not, is refused', async () => {
  await start({ MAX_UPLOAD_BYTES: '400000', MAX_IN_FLIGHT_BYTES: '400000' });
  const text = JSON.stringify({ inputs: [image(boats)] });
  const error = expect.stringMatching(/100000 bytes.*all photos together/);
  expect(await infer(api, text)).toMatchObject({ status: 413, body: { error } });
  const body = ReadableStream.from([Buffer.from(text)]);
  const init = { body, duplex: 'half' } as RequestInit;
  expect(await infer(api, null, init)).toMatchObject({ status: 413, body: { error } });
});

test('requests too many wait unread until others are queued', async () => {
  // Room for two as JSON: it counts as text and as photos.
  await start({ MAX_UPLOAD_BYTES: '400000', MAX_IN_FLIGHT_BYTES: '1800000' });
  const request = { inputs: [image(boats)], outputs: best(1) };
  const all = await Promise.all(Array.from({ length: 20 }, () => infer(api, request)));
  expect(all.map(({ status }) => status)).toEqual(Array(20).fill(200));
});

test('while one model takes the place of another, either name is known and the answer says whose it is', async () => {
  await start({}, (job, me) => {
    const reply = tabby(job);
    const name = job.image.equals(cat) ? 'newer' : 'fake';
    void me.reply(job, { ...reply, ...{ model: { name, trained: true } } });
  });
  const keys = createKeys(api.prefix);
  const lastSeen = await redisTime(redis);
  const model = { ...fakeModel, name: 'newer', sha256: '11' };
  await announceWorker(redis, keys, { name: 'two', model, jobsDone: 0, jobsPerS: null, lastSeen });
  const ask = async (model: string, ...photos: Buffer[]) => {
    const body = JSON.stringify({ inputs: [image(...photos)], outputs: best(1) });
    const response = await fetch(inferUrl(api, model), { method: 'POST', body });
    return { status: response.status, body: await response.json() };
  };
  expect((await get('/v2/models/newer')).body).toMatchObject({ properties: { sha256: '11' } });
  expect(await ask('newer', boats)).toMatchObject({ status: 200, body: { model_name: 'fake' } });
  expect(await ask('fake', cat)).toMatchObject({ status: 200, body: { model_name: 'newer' } });
  expect(await ask('newer', boats, cat)).toMatchObject({
    body: { model_name: 'fake', parameters: { models: 'fake,newer' } },
  });
});

test('while the service shuts down, errors are of the protocol', async () => {
  const arrived = Promise.withResolvers<() => void>();
  await start({}, (job, me) => arrived.resolve(() => void me.reply(job, tabby(job))));
  const underWay = infer(api, { inputs: [image(boats)] });
  const reply = await arrived.promise;
  const closing = api.close();
  const error = 'The service is shutting down; try again.';
  expect(await get('/v2/models/fake')).toEqual({ status: 503, body: { error } });
  expect(await get('/v2/health/ready')).toEqual({ status: 503, body: null });
  expect(await get('/v2/health/live')).toEqual({ status: 200, body: null });
  reply();
  expect((await underWay).status).toBe(200);
  await closing;
});
