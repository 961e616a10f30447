import type { Answer, CacheEntry, Reply } from '@synset/shared';
import { testPhoto } from '@synset/shared/testing';
import { beforeEach, expect, test } from 'vitest';
import { Classifier, type ClassifyOptions } from '../src/classifier.ts';
import { inspectPhoto } from '../src/photo.ts';
import { tabby } from './fake-worker.ts';
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
let kept: Answer[];
const results = {
  cached: async () => cache,
  keep: async (answer: Answer) => void kept.push(answer),
};

beforeEach(() => {
  cache = null;
  kept = [];
});

function start(answer: Answerer): Classifier {
  transport = new MemoryTransport(answer);
  const classifier = new Classifier(transport, results);
  classifier.start();
  return classifier;
}

const standard = { id: 'job', topK: 1, budgetMs: 60_000, uploadMs: 0, fresh: false, signal: never };

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

test('a queue that never answers is DEADLINE_EXCEEDED too', async () => {
  const classifier = start(() => {});
  transport.publish = () => new Promise(() => {});
  await expect(submit(classifier, { budgetMs: 20 })).rejects.toMatchObject({
    code: 'DEADLINE_EXCEEDED',
  });
});

test('a queue that refuses leaves no waiter', async () => {
  const classifier = new Classifier(new MemoryTransport(() => {}), results); // never started
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
