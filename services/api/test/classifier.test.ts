import type { Answer, CacheEntry, Reply, Span } from '@synset/shared';
import { testPhoto } from '@synset/shared/testing';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { Classifier, type ClassifyOptions } from '../src/classifier.ts';
import { noMetrics } from '../src/metrics/metrics.ts';
import { inspectPhoto } from '../src/photo.ts';
import type { NewJob } from '../src/transport.ts';
import { explanationOf, tabby } from './fake-worker.ts';
import { type Answerer, MemoryTransport } from './memory-transport.ts';

const photo = inspectPhoto(testPhoto('nagasaki-boats'), 50_000_000);
const never = new AbortController().signal;
const failed: Reply = {
  jobId: '',
  status: 'failed',
  sha256: '',
  code: 'IMAGE_UNREADABLE',
  detail: 'damaged',
};

let transport: MemoryTransport;
let cache: CacheEntry | null = null;
let explained: CacheEntry | null = null;
let kept: Answer[];
const results = {
  cached: async (_: string, explain: boolean) => (explain ? explained : cache),
  keep: async (answer: Answer) => void kept.push(answer),
};

beforeEach(() => {
  cache = null;
  explained = null;
  kept = [];
});

function start(answer: Answerer): Classifier {
  transport = new MemoryTransport(answer);
  const classifier = new Classifier(transport, results, noMetrics);
  classifier.start();
  return classifier;
}

const standard = {
  id: 'job',
  requestId: 'request',
  span: null,
  topK: 1,
  explain: false,
  budgetMs: 60_000,
  uploadMs: 0,
  fresh: false,
  signal: never,
};

const submit = async (classifier: Classifier, options: Partial<ClassifyOptions> = {}) =>
  await (await classifier.submit(photo, { ...standard, ...options })).classified;

test('gets its reply even when that comes before the job counts as queued', async () => {
  const classifier = start((job, reply) => reply(tabby(job)));
  const { answer } = await submit(classifier, { topK: 3 });
  expect(answer.categories).toHaveLength(3);
  expect(classifier.waiting).toBe(0);
});

test('the first reply counts, further ones are dropped', async () => {
  const classifier = start((job, reply) => {
    reply(tabby(job));
    reply({ ...failed, jobId: job.id });
  });
  expect((await submit(classifier)).answer.status).toBe('done');
});

test("the worker's problem becomes the client's", async () => {
  const classifier = start(({ id }, reply) => reply({ ...failed, jobId: id }));
  const problem = { code: 'IMAGE_UNREADABLE', message: 'damaged' };
  await expect(submit(classifier)).rejects.toMatchObject(problem);
  expect(classifier.waiting).toBe(0);
});

test('no reply in time is DEADLINE_EXCEEDED and leaves no waiter', async () => {
  const classifier = start(() => {});
  await expect(submit(classifier, { budgetMs: 20 })).rejects.toMatchObject({
    code: 'DEADLINE_EXCEEDED',
    message: 'No worker answered within 20 ms.',
    jobId: 'job',
  });
  expect(classifier.waiting).toBe(0);
});

test('a queue that never answers is DEADLINE_EXCEEDED too, without the promise of a result', async () => {
  const classifier = start(() => {});
  transport.publish = () => new Promise(() => {});
  await expect(submit(classifier, { budgetMs: 20 })).rejects.toMatchObject({
    code: 'DEADLINE_EXCEEDED',
    jobId: undefined,
  });
});

test('a queue that refuses leaves no waiter', async () => {
  const classifier = new Classifier(new MemoryTransport(() => {}), results, noMetrics); // never started
  await expect(submit(classifier)).rejects.toMatchObject({ code: 'QUEUE_UNAVAILABLE' });
  expect(classifier.waiting).toBe(0);
});

test('a client that has gone leaves no waiter', async () => {
  const gone = new AbortController();
  const classifier = start(() => gone.abort(new Error('gone')));
  await expect(submit(classifier, { signal: gone.signal })).rejects.toThrow('gone');
  expect(classifier.waiting).toBe(0);
});

test('one who has gone before his turn queues no job', async () => {
  const jobs: string[] = [];
  const classifier = start((job) => void jobs.push(job.id));
  const signal = AbortSignal.abort(new Error('gone'));
  await expect(submit(classifier, { signal })).rejects.toThrow('gone');
  expect(jobs).toEqual([]);
});

const tick = () => new Promise(setImmediate);

const known: CacheEntry = {
  indices: Array.from({ length: 100 }, (_, index) => index),
  scores: Array.from({ length: 100 }, () => 0.01),
  model: { name: 'fake', trained: true },
  width: 3,
  height: 2,
};

describe('a photo that was classified before', () => {
  test('is answered from the cache, and the answer kept under its own ID', async () => {
    const jobs: string[] = [];
    const classifier = start((job) => void jobs.push(job.id));
    cache = known;
    const { answer } = await submit(classifier, { topK: 7 });
    expect(answer).toMatchObject({ jobId: 'job', cached: true, width: 3, sha256: photo.sha256 });
    expect(answer.categories).toHaveLength(7);
    expect(kept).toEqual([answer]);
    expect(jobs).toEqual([]);
    expect(classifier.waiting).toBe(0);
  });

  test('has its reasons from the cache too, for as many categories as asked for', async () => {
    const classifier = start(() => {});
    const explanation = explanationOf(5, 3, 2);
    explained = { ...known, explanation };
    const { answer } = await submit(classifier, { topK: 2, explain: true });
    expect(answer.explanation).toEqual({ ...explanation, grids: explanation.grids.slice(0, 2) });
    expect(answer.confident).toBe(false);
  });

  test('is classified again when its reasons are wanted, which were not known', async () => {
    const classifier = start((job, reply) => reply(tabby(job)));
    cache = known;
    const { answer } = await submit(classifier, { explain: true });
    expect(answer).toMatchObject({ cached: false, explanation: explanationOf(1, 1024, 819) });
  });

  test.each([
    ['when the client wants a fresh answer', { fresh: true }],
    ['when it wants more categories than the cache has', { topK: 101 }],
  ])('is classified again %s', async (_, options) => {
    const classifier = start((job, reply) => reply(tabby(job)));
    cache = known;
    expect((await submit(classifier, options)).answer.cached).toBe(false);
  });
});

describe('requests for the same photo at the same time', () => {
  let jobs: NewJob[];
  let classifier: Classifier;

  beforeEach(() => {
    jobs = [];
    classifier = start((job) => void jobs.push(job));
  });

  const answerAll = () => {
    for (const job of jobs) transport.reply(tabby(job));
  };

  test('run once, and each gets its own answer', async () => {
    const first = submit(classifier, { id: 'first', topK: 5 });
    const second = submit(classifier, { id: 'second', topK: 2 });
    await tick();
    answerAll();
    expect(jobs.map(({ id }) => id)).toEqual(['first']);
    expect((await first).answer).toMatchObject({ jobId: 'first', cached: false });
    const { answer } = await second;
    expect(answer.jobId).toBe('second');
    expect(answer.categories).toHaveLength(2);
    expect(kept).toEqual([answer]);
    expect(classifier.waiting).toBe(0);
  });

  test('run once where the first wants reasons, and the second gets none', async () => {
    const first = submit(classifier, { id: 'first', topK: 5, explain: true });
    const second = submit(classifier, { id: 'second', topK: 2 });
    const third = submit(classifier, { id: 'third', topK: 3, explain: true });
    await tick();
    answerAll();
    expect(jobs).toMatchObject([{ id: 'first', explain: true }]);
    expect((await first).answer.explanation?.grids).toHaveLength(5);
    expect((await second).answer).not.toHaveProperty('explanation');
    expect((await third).answer.explanation?.grids).toHaveLength(3);
  });

  test('have null for reasons where the worker is of an older version', async () => {
    const answer = submit(classifier, { explain: true });
    await tick();
    transport.reply(tabby({ ...(jobs[0] as NewJob), explain: false }));
    expect((await answer).answer.explanation).toBeNull();
  });

  test('know which job brings their answer', async () => {
    const first = await classifier.submit(photo, { ...standard, id: 'first' });
    const second = await classifier.submit(photo, { ...standard, id: 'second' });
    expect([first.jobId, second.jobId]).toEqual(['first', 'first']);
    answerAll();
    await Promise.all([first.classified, second.classified]);
    cache = known;
    expect((await classifier.submit(photo, { ...standard, id: 'third' })).jobId).toBeNull();
  });

  test('are linked in their traces', async () => {
    const link = vi.fn();
    const spanOf = (traceparent: string) => ({ traceparent, link }) as unknown as Span;
    const first = submit(classifier, { id: 'first', span: spanOf('of the first') });
    const second = submit(classifier, { id: 'second', span: spanOf('of the second') });
    await tick();
    answerAll();
    await Promise.all([first, second]);
    expect(link.mock.calls).toEqual([['of the first', 'joined']]);
  });

  test.each([
    ['wants more categories', { topK: 6 }],
    ['wants reasons, and the first does not', { explain: true }],
    ['wants a fresh answer', { fresh: true }],
    ['may wait much longer than the job', { budgetMs: 300_000 }],
  ])('run twice when the second %s', async (_, options) => {
    const both = [
      submit(classifier, { id: 'first', topK: 5 }),
      submit(classifier, { id: 'second', ...options }),
    ];
    await tick();
    expect(jobs.map(({ id }) => id).sort()).toEqual(['first', 'second']);
    answerAll();
    await Promise.all(both);
  });

  test('keep their own deadlines', async () => {
    const first = submit(classifier, { id: 'first' });
    await expect(submit(classifier, { id: 'second', budgetMs: 20 })).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
      jobId: 'first',
    });
    answerAll();
    expect((await first).answer.jobId).toBe('first');
  });

  test('fail together', async () => {
    const both = [submit(classifier, { id: 'first' }), submit(classifier, { id: 'second' })];
    await tick();
    transport.reply({ ...failed, jobId: 'first' });
    for (const one of both) await expect(one).rejects.toMatchObject({ code: failed.code });
    expect(classifier.waiting).toBe(0);
  });

  test('withdraw the job when the last of them hangs up, not before', async () => {
    const gone = [new AbortController(), new AbortController()];
    const both = gone.map(({ signal }, i) => submit(classifier, { id: `${i}`, signal }));
    await tick();
    for (const [i, one] of both.entries()) {
      expect(transport.withdrawn).toEqual([]);
      gone[i]?.abort(new Error('gone'));
      await expect(one).rejects.toThrow('gone');
    }
    expect(transport.withdrawn).toEqual(['0']);
    expect(classifier.waiting).toBe(0);
  });

  test('do not withdraw it once one of them was told where its result will be', async () => {
    const gone = new AbortController();
    const stays = submit(classifier, { id: 'first', signal: gone.signal });
    await expect(submit(classifier, { id: 'second', budgetMs: 20 })).rejects.toThrow();
    gone.abort(new Error('gone'));
    await expect(stays).rejects.toThrow('gone');
    expect(transport.withdrawn).toEqual([]);
  });
});
