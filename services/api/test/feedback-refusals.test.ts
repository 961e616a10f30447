// Feedback that is not taken: what is said of it, and that nothing of it is kept.
import { createKeys, type Redis } from '@synset/shared';
import { startTestRedis, testPhoto, untilSample } from '@synset/shared/testing';
import {
  afterAll,
  afterEach,
  beforeAll,
  describe,
  expect,
  inject,
  onTestFinished,
  test,
} from 'vitest';
import { startApi, type TestApi } from './api.ts';
import { type FakeWorker, startFakeWorker } from './fake-worker.ts';
import {
  answerOf,
  connect,
  feedbackForm,
  predictedId,
  rows,
  say,
  sayByForm,
  traces,
} from './feedback.ts';

const photo = testPhoto('nagasaki-boats');
const other = testPhoto('airplane-from-above');
const UNKNOWN = '0b0f1d3e-6f0a-4c0e-9d2a-3f8c1b7a5e42';
const MB = 1_000_000;

let redis: Redis;
let api: TestApi;
let worker: FakeWorker;
let id: string;

beforeAll(async () => {
  redis = await connect(inject('redisUrl'));
  api = await startApi();
  worker = await startFakeWorker(inject('redisUrl'), api.prefix);
  id = await predictedId(api, photo);
});

// Not even a part of it.
afterEach(async () => {
  expect(await traces(redis, api)).toEqual([]);
});

afterAll(async () => {
  await api.close();
  await worker.close();
  redis.destroy();
});

const invalid = (detail: string) => ({
  status: 400,
  code: 'INVALID_BODY',
  detail: expect.stringContaining(detail),
});

describe('as JSON', () => {
  test.each<[string, object | null | number, string]>([
    ['no object', null, 'expected object'],
    ['a list', [], 'expected object'],
    ['a number', 5, 'expected object'],
    ['no id', { correct: true }, 'at id'],
    ['an id that is a number', { id: 5, correct: true }, 'at id'],
    ['no verdict', { id: 'x' }, 'at correct'],
    ['a verdict in words', { id: 'x', correct: 'true' }, 'expected boolean'],
    ['a verdict that is null', { id: 'x', correct: null }, 'expected boolean'],
    ['a label that is a list', { id: 'x', correct: false, label: [281] }, 'at label'],
    ['half a label', { id: 'x', correct: false, label: 1.5 }, 'at label'],
    ['a comment that is an object', { id: 'x', correct: true, comment: {} }, 'at comment'],
    ['keepPhoto in words', { id: 'x', correct: true, keepPhoto: 'yes' }, 'at keepPhoto'],
    ['an unknown field', { id: 'x', correct: true, sha256: 'x' }, 'Unrecognized key: "sha256"'],
    ['a photo', { id: 'x', correct: true, keepPhoto: true, file: 'AAAA' }, 'key: "file"'],
  ])('%s', async (_name, body, detail) => {
    expect(await answerOf(await say(api, body))).toMatchObject(invalid(detail));
  });

  test('a field of a long name, which does not come back', async () => {
    const answer = await answerOf(await say(api, { id, correct: true, ['x'.repeat(5000)]: 1 }));
    expect(answer).toMatchObject(invalid('Unrecognized key'));
    expect(answer.detail?.length).toBeLessThan(300);
  });

  test.each([
    ['', 'not valid JSON'],
    ['{', 'not valid JSON'],
    ['\ufeff{}', 'not valid JSON'],
    ['['.repeat(16_000), 'not valid JSON'],
    [`{"__proto__": {"correct": true}, "id": "${UNKNOWN}"}`, 'not valid'],
    [`{"id": "${UNKNOWN}", "correct": true, "__proto__": 1}`, 'Unrecognized key'],
  ])('%.40s is none', async (body, detail) => {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${api.url}/feedback`, { method: 'POST', body, headers });
    expect(await answerOf(response)).toMatchObject(invalid(detail));
  });

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'application/jsonx', ''])(
    'not as %s, which pages of other sites can send',
    async (type) => {
      const body = new Uint8Array(Buffer.from(JSON.stringify({ id, correct: true })));
      const headers = type === '' ? {} : { 'content-type': type };
      const response = await fetch(`${api.url}/feedback`, { method: 'POST', body, headers });
      expect(await answerOf(response)).toMatchObject(invalid('application/json'));
    },
  );
});

describe('of no prediction', () => {
  test.each([
    ['unknown', UNKNOWN],
    ['empty', ''],
    ['no ID', '../../etc/passwd'],
    ['the name of a key', 'synset:{0}:jobs'],
    ['too long', 'a'.repeat(5000)],
    ['in capitals', UNKNOWN.toUpperCase()],
  ])('%s', async (_name, id) => {
    const expected = { status: 404, code: 'NOT_FOUND', detail: expect.stringContaining('No pred') };
    for (const body of [
      { id, correct: true },
      { id, correct: false, label: 'no such label' },
    ]) {
      expect(await answerOf(await say(api, body))).toMatchObject(expected);
    }
  });
});

describe('with a label', () => {
  test.each<[string | number, string]>([
    ['crane', '"crane" is the label of 134 (n02012849) and 517 (n03126707)'],
    ['maillot', '"maillot" is the label of 638 (n03710637) and 639 (n03710721)'],
    ['unicorn', '"unicorn" is none of the 1000 categories'],
    ['unicorn', 'say what it is in "comment"'],
    ['<script>alert(1)</script>', 'none of the 1000'],
    ['x'.repeat(5000), 'none of the 1000'],
    [1000, '"1000" is none of the 1000'],
    [-1, 'none of the 1000'],
    ['n99999999', 'none of the 1000'],
    ['__proto__', 'none of the 1000'],
    ['', 'none of the 1000'],
    ['tabby', '"label" is the predicted category, "tabby"'],
    [281, '"label" is the predicted category'],
  ])('%.20s, for what is wrong', async (label, detail) => {
    const body = { id, correct: false, label };
    const answer = await answerOf(await say(api, body));
    expect(answer).toMatchObject(invalid(detail));
    expect(`${answer.detail}`.length).toBeLessThan(300);
  });

  test('other than the predicted one, for what is right', async () => {
    const answer = await say(api, { id, correct: true, label: 282 });
    expect(await answerOf(answer)).toMatchObject(invalid('cannot be right and n02123159'));
  });
});

describe('with a comment', () => {
  test.each([
    ['of 1001 characters', 'x'.repeat(1001), 'has 1001 characters; at most 1000'],
    ['that rings a bell', 'ding\u0007', 'control characters'],
    ['with a zero', 'a\0b', 'control characters'],
    ['that moves the cursor', 'a\u001b[2Jb', 'control characters'],
    ['with controls of C1', 'a\u009b2Jb', 'control characters'],
  ])('%s', async (_name, comment, detail) => {
    const body = { id, correct: true, comment };
    expect(await answerOf(await say(api, body))).toMatchObject(invalid(detail));
    const form = feedbackForm({ id, correct: 'true', comment });
    expect(await answerOf(await sayByForm(api, form))).toMatchObject(invalid(detail));
  });

  test('of 10 MB, as JSON', async () => {
    const answer = await say(api, { id, correct: true, comment: 'x'.repeat(10 * MB) });
    const expected = invalid('more than 16384 bytes, which is the limit; a comment may have 1000');
    expect(await answerOf(answer)).toMatchObject(expected);
  });

  test('of 10 MB, as JSON whose length is not told', async () => {
    const text = JSON.stringify({ id, correct: true, comment: 'x'.repeat(10 * MB) });
    const response = await fetch(`${api.url}/feedback`, {
      method: 'POST',
      body: new Blob([text]).stream(),
      headers: { 'content-type': 'application/json' },
      duplex: 'half',
    } as RequestInit);
    expect(await answerOf(response)).toMatchObject(invalid('more than 16384 bytes'));
  });

  test('of 10 MB, in a form', async () => {
    const form = feedbackForm({ id, correct: 'true', comment: 'x'.repeat(10 * MB) });
    const expected = invalid('more than 10000 bytes, which is the limit');
    expect(await answerOf(await sayByForm(api, form))).toMatchObject(expected);
  });
});

describe('as a form', () => {
  const said = () => ({ id, correct: 'true' });
  const twice = (name: string, value: string) => {
    const form = feedbackForm(said());
    form.append(name, value);
    return form;
  };
  const withFile = (field: string) => {
    const form = feedbackForm(said());
    form.append(field, new Blob(['x']), 'x.txt');
    return form;
  };

  test.each<[string, () => FormData, string]>([
    ['no fields', () => feedbackForm({}), 'not valid'],
    ['a verdict in other words', () => feedbackForm({ id, correct: 'yes' }), 'at correct'],
    ['two verdicts', () => twice('correct', 'false'), 'field "correct" more than once'],
    ['the same id twice', () => twice('id', id), 'field "id" more than once'],
    ['an unknown field', () => twice('x', 'y'), 'Unrecognized key: "x"'],
    ['a comment as a file', () => withFile('comment'), 'at comment'],
    ['a file in an unknown field', () => withFile('photo'), 'Unrecognized key: "photo"'],
    ['a photo without agreement', () => feedbackForm(said(), photo), '"keepPhoto" is not true'],
    ['a field of objects', () => twice('__proto__', 'x'), 'cannot be read'],
  ])('with %s', async (_name, form, detail) => {
    expect(await answerOf(await sayByForm(api, form()))).toMatchObject(invalid(detail));
  });

  test('that breaks off', async () => {
    const body = '--x\r\nContent-Disposition: form-data; name="id"\r\n\r\n0b0f';
    const headers = { 'content-type': 'multipart/form-data; boundary=x' };
    const response = await fetch(`${api.url}/feedback`, { method: 'POST', body, headers });
    expect(await answerOf(response)).toMatchObject({ status: 400, code: 'UPLOAD_TRUNCATED' });
  });
});

describe('with a photo', () => {
  const said = () => ({ id, correct: 'true', keepPhoto: 'true' });

  test('that is another one', async () => {
    const answer = await sayByForm(api, feedbackForm(said(), other));
    expect(await answerOf(answer)).toMatchObject(invalid('not the one of this prediction'));
  });

  test('that is none', async () => {
    const form = feedbackForm(said(), Buffer.from('<script>'));
    expect(await answerOf(await sayByForm(api, form))).toMatchObject(invalid('not the one'));
  });

  test('of no bytes', async () => {
    const answer = await sayByForm(api, feedbackForm(said(), Buffer.alloc(0)));
    expect(await answerOf(answer)).toMatchObject({ status: 400, code: 'FILE_EMPTY' });
  });

  test('of too many bytes', async () => {
    const answer = await sayByForm(api, feedbackForm(said(), Buffer.alloc(11 * 1024 * 1024)));
    expect(await answerOf(answer)).toMatchObject({ status: 413, code: 'FILE_TOO_LARGE' });
  });

  test('twice', async () => {
    const form = feedbackForm(said(), photo);
    form.append('file', new Blob([new Uint8Array(photo)]), 'b.jpg');
    const answer = await answerOf(await sayByForm(api, form));
    expect(answer).toMatchObject({ status: 400, code: 'TOO_MANY_FILES' });
  });

  test('that is kept nowhere', async () => {
    const expected = {
      status: 404,
      code: 'NOT_FOUND',
      detail: expect.stringContaining('send it as field "file"'),
    };
    const asJson = say(api, { id, correct: true, keepPhoto: true });
    expect(await answerOf(await asJson)).toMatchObject(expected);
    expect(await answerOf(await sayByForm(api, feedbackForm(said())))).toMatchObject(expected);
  });
});

test('after all that the service takes it as before', async () => {
  await untilSample(api.url, 'synset_in_flight_bytes', 0);
  const own = await startApi({ KEY_PREFIX: api.prefix });
  const text = { id, correct: true, comment: '<script>alert(1)</script>' };
  expect((await say(own, text)).status).toBe(201);
  expect(await rows(own)).toMatchObject([text]);
  await redis.del(await traces(redis, api));
  await own.close();
});

test('where keys are set, only with one, and not from pages of other sites', async () => {
  const KEY = 'a-key-of-many-characters';
  const own = await startApi({ API_KEYS: KEY });
  const ownWorker = await startFakeWorker(inject('redisUrl'), own.prefix);
  const bearer = { authorization: `Bearer ${KEY}` };
  const id = await predictedId(own, photo, bearer);
  const unauthorized = { status: 401, code: 'UNAUTHORIZED' };
  const said = { id, correct: 'true' };
  expect(await answerOf(await say(own, { id, correct: true }))).toMatchObject(unauthorized);
  expect((await fetch(`${own.url}/feedback`)).status).toBe(401);
  const basic = { authorization: `Basic ${Buffer.from(`me:${KEY}`).toString('base64')}` };
  const foreign: Record<string, string>[] = [
    { origin: 'https://evil.example' },
    { 'sec-fetch-site': 'cross-site' },
  ];
  for (const from of foreign) {
    const answer = await sayByForm(own, feedbackForm(said), { ...basic, ...from });
    expect(await answerOf(answer)).toMatchObject(unauthorized);
  }
  expect(await traces(redis, own)).toEqual([]);
  const ownPage = { ...basic, origin: own.url };
  expect((await sayByForm(own, feedbackForm(said), ownPage)).status).toBe(201);
  await own.close();
  await ownWorker.close();
});

/** A Redis of the test's own, with one prediction. */
async function apart(args: string[] = []) {
  const server = await startTestRedis({ args });
  onTestFinished(() => server.stop());
  const own = await startApi({ REDIS_URL: server.url });
  onTestFinished(() => own.close());
  const client = await connect(server.url);
  onTestFinished(() => client.destroy());
  const about = { sha256: '00', index: 3, score: 0.1, model: { name: 'm', trained: true } };
  await client.hSet(createKeys(own.prefix).predictions, UNKNOWN, JSON.stringify(about));
  const say201 = { id: UNKNOWN, correct: true };
  while ((await say(own, say201)).status !== 201);
  return { server, own, client };
}

test('where Redis is away, and it is taken when that is back', async () => {
  const { server, own } = await apart();
  server.process.kill('SIGSTOP');
  const expected = { status: 503, code: 'QUEUE_UNAVAILABLE' };
  const again = { id: UNKNOWN, correct: false };
  const response = await say(own, again);
  expect(response.headers.get('retry-after')).toMatch(/^\d+$/);
  expect(await answerOf(response)).toMatchObject(expected);
  expect(await answerOf(await fetch(`${own.url}/feedback`))).toMatchObject(expected);
  server.process.kill('SIGCONT');
  while ((await say(own, again)).status !== 201);
  expect(await rows(own)).toMatchObject([again]);
});

test('where Redis is full, and what was said before stays', async () => {
  const { own, client } = await apart(['--maxmemory', '20mb']);
  const before = await rows(own);
  await client.setRange('ballast', 17 * 1024 * 1024, 'x');
  const response = await say(own, { id: UNKNOWN, correct: false });
  expect(response.headers.get('retry-after')).toMatch(/^\d+$/);
  const expected = { status: 503, code: 'QUEUE_FULL', detail: expect.stringContaining('memory') };
  expect(await answerOf(response)).toMatchObject(expected);
  expect(await rows(own)).toEqual(before);
});
