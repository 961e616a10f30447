// Inference requests that are refused before a photo is queued.
import { testPhoto } from '@synset/shared/testing';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { startApi, type TestApi } from './api.ts';
import { type FakeWorker, startFakeWorker } from './fake-worker.ts';
import { best, elements, image, infer, inferBinary, inferUrl, type Tensor } from './inference.ts';

const boats = testPhoto('nagasaki-boats');

let api: TestApi;
let worker: FakeWorker;

beforeAll(async () => {
  api = await startApi({ MAX_UPLOAD_BYTES: '400000' });
  worker = await startFakeWorker(inject('redisUrl'), api.prefix);
});

afterAll(async () => {
  await api.close();
  await worker.close();
});

describe('pixels', () => {
  const pixels = (n: number): Tensor => ({
    name: 'pixels',
    datatype: 'UINT8',
    shape: [n, 224, 224, 3],
  });

  test.each<[string, Tensor, RegExp]>([
    ['too few', { ...pixels(1), data: [1, 2, 3] }, /150528 bytes, and the data 3/],
    ['a fraction', { ...pixels(1), data: [0.5] }, /Element 0 .* 0 to 255/],
    ['256', { ...pixels(1), data: [0, 256] }, /Element 1/],
    ['a text', { ...pixels(1), data: ['7'] }, /Element 0/],
    ['too deep', { ...pixels(1), data: [[[[[1]]]]] }, /Element 0/],
    ['of another size', { ...pixels(1), shape: [1, 256, 256, 3], data: [] }, /\[n,224,224,3\]/],
    ['planes', { ...pixels(1), shape: [1, 3, 224, 224], data: [] }, /\[n,224,224,3\]/],
    ['FP32', { ...pixels(1), datatype: 'FP32', data: [] }, /UINT8, not "FP32"/],
  ])('%s are refused', async (_, input, error) => {
    expect(await infer(api, { inputs: [input] })).toMatchObject({
      status: 400,
      body: { error: expect.stringMatching(error) },
    });
    expect(worker.jobs).toEqual([]);
  });
});

describe('a request is refused', () => {
  const photo = image(boats);
  const data = photo.data ?? [];

  test.each<[string, unknown, number, RegExp]>([
    ['that is no JSON', '{"inputs":', 400, /not valid JSON/],
    ['that is empty', '', 400, /not valid JSON/],
    ['that is null', 'null', 400, /not valid/],
    ['without inputs', {}, 400, /inputs .*one input: "image" or "pixels"/],
    ['with no input', { inputs: [] }, 400, /one input/],
    ['with two inputs', { inputs: [photo, photo] }, 400, /one input/],
    [
      'with another input',
      { inputs: [{ ...photo, name: 'x'.repeat(99) }] },
      400,
      /no input "x{40}"/,
    ],
    ['with a shape of words', { inputs: [{ ...photo, shape: ['1'] }] }, 400, /shape must be whole/],
    ['with a shape of too many', { inputs: [{ ...photo, shape: [2] }] }, 400, /2 photos, .* 1\./],
    [
      'with a shape that is none',
      { inputs: [{ ...photo, shape: [1, 2] }] },
      400,
      /\[n\] or \[n,1\]/,
    ],
    ['with no shape', { inputs: [{ ...photo, shape: [] }] }, 400, /1 to 100 photos, not 0/],
    ['with no photos', { inputs: [{ ...photo, shape: [0], data: [] }] }, 400, /1 to 100 photos/],
    [
      'with 101 photos',
      { inputs: [image(...Array(101).fill(boats.subarray(0, 9)))] },
      400,
      /1 to 100/,
    ],
    ['with BOOL', { inputs: [{ ...photo, datatype: 'BOOL' }] }, 400, /BYTES, not "BOOL"/],
    ['without data', { inputs: [{ ...photo, data: undefined }] }, 400, /has no data/],
    ['with data that is no list', { inputs: [{ ...photo, data: data[0] }] }, 400, /no data/],
    ['with a number for bytes', { inputs: [{ ...photo, data: [7] }] }, 400, /Photo 0: .*base64/],
    ['with no base64', { inputs: [{ ...photo, data: ['*'.repeat(8)] }] }, 400, /base64/],
    ['with an empty photo', { inputs: [{ ...photo, data: [''] }] }, 400, /Photo 0: .*0 bytes/],
    [
      'with a photo that is none',
      { inputs: [image(boats, Buffer.from('hello'))] },
      415,
      /Photo 1: .*none of the supported/,
    ],
    [
      'with a photo that is damaged',
      { inputs: [image(Buffer.from('\xff\xd8\xff\xe0\0\x10JFIF', 'latin1'))] },
      422,
      /Photo 0: .*no readable header/,
    ],
    ['with too large a photo', { inputs: [image(Buffer.alloc(400_001))] }, 413, /400000/],
    [
      'for another output',
      { inputs: [photo], outputs: [{ name: 'logits' }] },
      400,
      /no output "logits"/,
    ],
    ['for two outputs', { inputs: [photo], outputs: [...best(1), ...best(2)] }, 400, /one output/],
    ['for no output', { inputs: [photo], outputs: [] }, 400, /one output/],
    ['for 0 categories', { inputs: [photo], outputs: best(0) }, 400, /from 1 to 1000/],
    ['for 1001 categories', { inputs: [photo], outputs: best(1001) }, 400, /from 1 to 1000/],
    [
      'with binary_data of text',
      { inputs: [photo], outputs: best(1, { binary_data: 'yes' }) },
      400,
      /true or false/,
    ],
    [
      'with a parameter that is a list',
      { inputs: [photo], parameters: { a: [] } },
      400,
      /parameters\.a/,
    ],
    ['with an id that is none', { id: 42, inputs: [photo] }, 400, /id .*string/],
  ])('%s', async (_, request, status, error) => {
    expect(await infer(api, request)).toMatchObject({
      status,
      body: { error: expect.stringMatching(error) },
    });
    expect(worker.jobs).toEqual([]);
  });

  const binary = { ...photo, data: [] };
  const sent = elements(boats);

  test.each<[string, () => Promise<unknown>, RegExp]>([
    [
      'without its size',
      () => inferBinary(api, { ...binary, parameters: { binary_data_size: undefined } }, sent),
      /not given, and \d+ bytes/,
    ],
    [
      'with another size',
      () => inferBinary(api, { ...binary, parameters: { binary_data_size: 7 } }, sent),
      /is 7, and/,
    ],
    [
      'that breaks off',
      () => inferBinary(api, binary, sent.subarray(0, 1000)),
      /each behind its length/,
    ],
    [
      'that breaks off in a length',
      () => inferBinary(api, binary, sent.subarray(0, 3)),
      /each behind its length/,
    ],
    [
      'with too many elements',
      () => inferBinary(api, binary, elements(boats, boats)),
      /not 1 elements/,
    ],
    [
      'with too few elements',
      () => inferBinary(api, { ...binary, shape: [2] }, sent),
      /2 photos, and the data 1/,
    ],
    [
      'beside data',
      () => {
        const json = JSON.stringify({
          inputs: [{ ...photo, parameters: { binary_data_size: 3 } }],
        });
        const headers = { 'inference-header-content-length': `${json.length}` };
        return infer(api, `${json}abc`, { headers });
      },
      /both as JSON and as binary/,
    ],
    [
      'with a header beyond the body',
      () => infer(api, '{}', { headers: { 'inference-header-content-length': '3' } }),
      /at most the 2 of the body/,
    ],
    [
      'with a header that is no number',
      () => infer(api, '{}', { headers: { 'inference-header-content-length': '1e0' } }),
      /must be a number of bytes/,
    ],
    [
      'that is compressed',
      () => infer(api, '{}', { headers: { 'content-encoding': 'gzip' } }),
      /Compressed/,
    ],
  ])('binary data %s', async (_, send, error) => {
    expect(await send()).toMatchObject({
      status: 400,
      body: { error: expect.stringMatching(error) },
    });
    expect(worker.jobs).toEqual([]);
  });

  test('for a model that no worker serves, before its body is read', async () => {
    const response = await fetch(inferUrl(api, 'other'), { method: 'POST', body: '{}' });
    expect(response.status).toBe(404);
  });

  test.each([
    ['lists', `{"inputs":[${'[],'.repeat(600_000)}1]}`],
    ['strings', `{"inputs":[${'"\\"",'.repeat(2001)}1]}`],
    ['lists behind an escaped quote', `{"a":"\\"","inputs":[${'[],'.repeat(600_000)}1]}`],
    ['lists behind an escaped backslash', `{"a":"\\\\","inputs":[${'[],'.repeat(600_000)}1]}`],
  ])('with many %s, before they are parsed', async (_, json) => {
    expect(await infer(api, json)).toMatchObject({
      status: 413,
      body: { error: expect.stringContaining('send tensors as binary data') },
    });
  });
});
