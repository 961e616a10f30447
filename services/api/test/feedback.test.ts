// What users say of predictions: what is taken and exported, and how it comes again.
import { labels } from '@synset/models/labels';
import { createKeys, FeedbackStore, type Redis } from '@synset/shared';
import { testPhoto, untilSample, withComment } from '@synset/shared/testing';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { form, read, startApi, type TestApi } from './api.ts';
import { type Document, DocumentCheck } from './document.ts';
import { type FakeWorker, startFakeWorker } from './fake-worker.ts';
import { answerOf, connect, feedbackForm, predictedId, rows, say, sayByForm } from './feedback.ts';

const photo = testPhoto('nagasaki-boats');
const other = testPhoto('airplane-from-above');

let redis: Redis;
let api: TestApi;
let worker: FakeWorker;
let store: FeedbackStore;

beforeAll(async () => {
  redis = await connect(inject('redisUrl'));
  api = await startApi({ CACHE_TTL_S: '0' });
  worker = await startFakeWorker(inject('redisUrl'), api.prefix);
  store = new FeedbackStore(redis, createKeys(api.prefix));
});

afterAll(async () => {
  await api.close();
  await worker.close();
  redis.destroy();
});

const predict = (image = photo) => predictedId(api, image);
const rowOf = async (id: string) => (await rows(api)).filter((row) => row.id === id);

test('wrong, with what it is, is a row of the export, as the document says', async () => {
  const id = await predict();
  const comment = 'Look at the stripes.\nAt <b>all</b> of them, "please" ☂';
  const answer = await answerOf(await say(api, { id, correct: false, label: 282, comment }));
  expect(answer).toEqual({ status: 201, success: true, id, photoKept: false });
  const [row, ...others] = await rowOf(id);
  expect(others).toEqual([]);
  expect(row).toEqual({
    entry: expect.stringMatching(/^\d+-\d+$/),
    id,
    at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    correct: false,
    prediction: { index: 281, synset: 'n02123045', label: 'tabby', score: 0.5 },
    label: { index: 282, synset: 'n02123159', label: 'tiger cat' },
    comment,
    model: { name: 'fake', trained: false },
    photo: { sha256: worker.jobs.at(-1)?.sha256, kept: false },
  });
  const check = new DocumentCheck(api.app.swagger() as unknown as Document);
  const place = ['responses', '200', 'content', 'application/jsonl', 'schema'];
  expect(check.problemWith(row, 'paths', '/feedback', 'get', ...place)).toBeNull();
});

test('right needs no more', async () => {
  const id = await predict();
  expect((await say(api, { id, correct: true })).status).toBe(201);
  expect(await rowOf(id)).toMatchObject([{ correct: true, label: null, comment: null }]);
  // The predicted category, said once more, is the same opinion.
  expect((await say(api, { id, correct: true, label: 'tabby' })).status).toBe(201);
  expect(await rowOf(id)).toMatchObject([{ correct: true, label: null }]);
});

test('wrong needs no category where there is none', async () => {
  const id = await predict();
  const comment = 'a drawing';
  expect((await say(api, { id, correct: false, comment })).status).toBe(201);
  expect(await rowOf(id)).toMatchObject([{ correct: false, label: null, comment }]);
});

test.each([
  ['an index', 517],
  ['an index as text', '517'],
  ['a synset', 'n03126707'],
])('the category may be %s', async (_name, label) => {
  const id = await predict();
  expect((await say(api, { id, correct: false, label })).status).toBe(201);
  expect(await rowOf(id)).toMatchObject([{ label: { index: 517, label: 'crane' } }]);
});

test('every label but the two that are two categories each can be given, as itself', async () => {
  const id = await predict();
  const twice = new Set(['crane', 'maillot']);
  for (const { index, label } of labels) {
    if (index === 281 || twice.has(label) || index % 25 !== 7) continue;
    expect((await say(api, { id, correct: false, label })).status).toBe(201);
    expect(await rowOf(id)).toMatchObject([{ label: { index, label } }]);
  }
});

test.each([
  ['Tiger Cat', 282],
  ['cardigan', 474],
  ['Cardigan', 264],
])('%s is a category in any case', async (label, index) => {
  const id = await predict();
  expect((await say(api, { id, correct: false, label })).status).toBe(201);
  expect(await rowOf(id)).toMatchObject([{ label: { index } }]);
});

test('a form says the same, and what it leaves empty it does not say', async () => {
  const id = await predict();
  const said = { id, correct: 'false', label: ' tiger cat ', comment: 'true', keepPhoto: 'false' };
  expect(await answerOf(await sayByForm(api, feedbackForm(said)))).toMatchObject({ status: 201 });
  const expected = { correct: false, label: { index: 282 }, comment: 'true' };
  expect(await rowOf(id)).toMatchObject([expected]);
  // As browsers send the ends of lines, and as `maxlength` counts them.
  const lines = 'x\r\n'.repeat(499);
  await sayByForm(api, feedbackForm({ ...said, comment: `${lines}y` }));
  expect(await rowOf(id)).toMatchObject([{ comment: `${'x\n'.repeat(499)}y` }]);
  const less = { id, correct: 'true', label: '', comment: ' \r\n ', keepPhoto: '' };
  expect((await sayByForm(api, feedbackForm(less))).status).toBe(201);
  expect(await rowOf(id)).toMatchObject([{ correct: true, label: null, comment: null }]);
});

test('cached and joined answers can be judged too', async () => {
  const own = await startApi();
  const slow = await startFakeWorker(inject('redisUrl'), own.prefix, undefined, { reads: false });
  const keys = createKeys(own.prefix);
  const known = { model: { name: 'fake', trained: true }, width: 1, height: 1 };
  const sha256 = (await rows(api))[0]?.photo.sha256;
  const entry = { ...known, indices: [7, 8], scores: [0.6, 0.3] };
  await redis.set(keys.cache(`${sha256}`, '00', false), JSON.stringify(entry), { EX: 60 });
  const id = await predictedId(own, photo);
  while ((await redis.hExists(keys.predictions, id)) === 0);
  expect((await say(own, { id, correct: true })).status).toBe(201);
  expect(await rows(own)).toMatchObject([{ id, prediction: { index: 7, score: 0.6 } }]);
  await own.close();
  await slow.close();
});

describe('said again', () => {
  test('it stays as it is; another opinion takes its place', async () => {
    const id = await predict();
    const opinion = { id, correct: false, label: 'tiger cat' };
    await say(api, opinion);
    const before = await rowOf(id);
    expect((await say(api, { ...opinion, label: 'n02123159' })).status).toBe(201);
    expect(await rowOf(id)).toEqual(before);
    await say(api, { id, correct: true });
    const after = await rowOf(id);
    expect(after).toMatchObject([{ correct: true }]);
    expect(after[0]?.entry).not.toBe(before[0]?.entry);
  });

  test('by many at the same time, through two instances, one opinion is left', async () => {
    const second = await startApi({ KEY_PREFIX: api.prefix, CACHE_TTL_S: '0' });
    const id = await predict();
    const before = await store.counts();
    const answers = Array.from({ length: 30 }, (_, i) =>
      say(i % 2 === 0 ? api : second, { id, correct: i % 3 === 0 }),
    );
    for (const answer of await Promise.all(answers)) expect(answer.status).toBe(201);
    const left = await rowOf(id);
    expect(left).toHaveLength(1);
    const { right = 0, wrong = 0 } = before.find(({ index }) => index === 281) ?? {};
    const expected = left[0]?.correct ? [right + 1, wrong] : [right, wrong + 1];
    const after = (await store.counts()).find(({ index }) => index === 281);
    expect([after?.right, after?.wrong]).toEqual(expected);
    await second.close();
  });
});

describe('the photo', () => {
  test('comes with the form, where the user agrees', async () => {
    const id = await predict();
    const said = { id, correct: 'true', keepPhoto: 'true' };
    const answer = await answerOf(await sayByForm(api, feedbackForm(said, photo)));
    expect(answer).toEqual({ status: 201, success: true, id, photoKept: true });
    const [row] = await rowOf(id);
    expect(row?.photo.kept).toBe(true);
    expect(await store.photo(`${row?.photo.sha256}`)).toEqual(photo);
  });

  test('is taken from where it is kept to be looked at', async () => {
    const accepted = await fetch(`${api.url}/jobs`, { method: 'POST', body: form(other) });
    const { jobs } = (await accepted.json()) as { jobs: { id: string }[] };
    const { id = '' } = jobs[0] ?? {};
    const job = worker.jobs.at(-1);
    const keys = createKeys(api.prefix);
    const about = {
      sha256: job?.sha256,
      index: 3,
      score: 0.1,
      model: { name: 'm', trained: true },
    };
    await redis.hSet(keys.predictions, id, JSON.stringify(about));
    const answer = await answerOf(await say(api, { id, correct: true, keepPhoto: true }));
    expect(answer).toMatchObject({ status: 201, photoKept: true });
    expect(await store.photo(`${(await rowOf(id))[0]?.photo.sha256}`)).toEqual(other);
    const again = await answerOf(await say(api, { id, correct: true, keepPhoto: true }));
    expect(again).toMatchObject({ status: 201, photoKept: true });
  });

  test('is not to be looked at once its ID stands in the export', async () => {
    const html = await (await fetch(api.url, { method: 'POST', body: form(other) })).text();
    const [path = '', id = ''] = html.match(/\/display\/([\w-]+)/) ?? [];
    expect((await fetch(api.url + path)).status).toBe(200);
    expect((await say(api, { id, correct: true })).status).toBe(201);
    expect((await fetch(api.url + path)).status).toBe(404);
  });

  test('goes with the opinion that it came with', async () => {
    const id = await predict(other);
    const said = { id, correct: 'true', keepPhoto: 'true' };
    await sayByForm(api, feedbackForm(said, other));
    await say(api, { id, correct: true });
    expect(await rowOf(id)).toMatchObject([{ photo: { kept: false } }]);
  });
});

test('nothing that was read is held', async () => {
  await untilSample(api.url, 'synset_in_flight_bytes', 0);
});

describe('the export', () => {
  test('comes in pages that a link joins, and as CSV alike', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 7; i++) {
      const id = await predict();
      ids.push(id);
      await say(api, { id, correct: i % 2 === 0 });
    }
    const all = await rows(api);
    expect(all.map(({ id }) => id).slice(-7)).toEqual(ids);
    for (const format of ['jsonl', 'csv']) {
      let path: string | undefined = `/feedback?format=${format}&limit=3`;
      const seen: string[] = [];
      while (path !== undefined) {
        const response: Response = await fetch(api.url + path);
        expect(response.status).toBe(200);
        const lines = (await response.text()).trimEnd().split(format === 'csv' ? '\r\n' : '\n');
        seen.push(...(format === 'csv' ? lines.slice(1) : lines));
        path = /^<(.+)>; rel="next"$/.exec(response.headers.get('link') ?? '')?.[1];
      }
      expect(seen).toHaveLength(all.length);
      for (const [i, line] of seen.entries()) expect(line).toContain(`${all[i]?.id}`);
    }
    const after = await fetch(`${api.url}/feedback?cursor=${all.at(-1)?.entry}`);
    expect(after.headers.get('content-type')).toBe('application/jsonl; charset=utf-8');
    expect(await after.text()).toBe('');
  });

  test('has text as text: no page, and no formula', async () => {
    const comment = '=HYPERLINK("http://x","<script>alert(1)</script>")\nsecond, line';
    const id = await predict();
    await say(api, { id, correct: false, comment });
    const response = await fetch(`${api.url}/feedback?format=csv`);
    expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="feedback.csv"');
    const csv = await response.text();
    const [header] = csv.split('\r\n');
    expect(header).toBe(
      'entry,id,at,correct,predicted_index,predicted_synset,predicted_label,predicted_score,' +
        'label_index,label_synset,label,comment,model,trained,photo_sha256,photo_kept',
    );
    const [row] = await rowOf(id);
    expect(row?.comment).toBe(comment);
    const cells = [
      ...[row?.entry, id, row?.at, 'false', 281, 'n02123045', 'tabby', 0.5, '', '', ''],
      `"'=HYPERLINK(""http://x"",""<script>alert(1)</script>"")\nsecond, line"`,
      ...['fake', false, row?.photo.sha256, false],
    ];
    expect(csv.endsWith(`\r\n${cells.join(',')}\r\n`)).toBe(true);
  });

  test.each(['+1', '-1', '@x', "'quoted"])('as a formula %s is none', async (comment) => {
    const id = await predict();
    await say(api, { id, correct: true, comment });
    const csv = await (await fetch(`${api.url}/feedback?format=csv`)).text();
    expect(csv.trimEnd().split('\r\n').at(-1)).toContain(
      `,${comment.startsWith("'") ? '' : "'"}${comment},`,
    );
  });

  test.each([
    'format=xml',
    'limit=0',
    'limit=1001',
    'limit=1e3',
    'cursor=x',
    'cursor=-',
    'cursor=1-1)',
    'cursor=99999999999999999999-0',
    'cursor=1',
    'page=1',
    'limit=1&limit=2',
  ])('with %s is INVALID_OPTION', async (query) => {
    const response = await fetch(`${api.url}/feedback?${query}`);
    expect(response.status).toBe(400);
    expect((await read(response)).code).toBe('INVALID_OPTION');
  });
});

describe('a browser without JavaScript', () => {
  const headers = { accept: 'text/html,*/*;q=0.8' };

  test('is sent to the page of what users say', async () => {
    const id = await predict();
    const response = await sayByForm(api, feedbackForm({ id, correct: 'true' }), headers);
    expect(response.status).toBe(303);
    expect(response.headers.get('location')).toBe('/feedback');
    expect(await rowOf(id)).toHaveLength(1);
  });

  test('need not send the photo, which it cannot', async () => {
    const id = await predict(withComment(other, 'nowhere kept'));
    const said = { id, correct: 'false', comment: 'a jet', keepPhoto: 'true' };
    const response = await sayByForm(api, feedbackForm(said), headers);
    expect(response.status).toBe(303);
    expect(await rowOf(id)).toMatchObject([{ comment: 'a jet', photo: { kept: false } }]);
  });

  test('sees a problem on the page', async () => {
    const said = { id: crypto.randomUUID(), correct: 'true' };
    const response = await sayByForm(api, feedbackForm(said), headers);
    expect(response.status).toBe(404);
    expect(response.headers.get('content-type')).toContain('text/html');
    expect(await response.text()).toContain('No prediction of this id is known');
  });
});

test('what was said is counted', async () => {
  const own = await startApi();
  const said = (verdict: string) => `synset_feedback_total{verdict="${verdict}"}`;
  await untilSample(own.url, said('right'), 0);
  const keys = createKeys(own.prefix);
  const about = { sha256: '00', index: 3, score: 0.1, model: { name: 'm', trained: true } };
  const id = crypto.randomUUID();
  await redis.hSet(keys.predictions, id, JSON.stringify(about));
  await say(own, { id, correct: false });
  await say(own, { id: crypto.randomUUID(), correct: true });
  await untilSample(own.url, said('wrong'), 1);
  await untilSample(own.url, said('right'), 0);
  await own.close();
});
