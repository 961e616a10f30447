import { testPhoto } from '@synset/shared/testing';
import { expect, test } from 'vitest';
import { Classifier } from '../src/classifier.ts';
import { inspectPhoto } from '../src/photo.ts';
import { tabby } from './fake-worker.ts';
import { type Answerer, MemoryTransport } from './memory-transport.ts';

const photo = inspectPhoto(testPhoto('nagasaki-boats'), 50_000_000);
const never = new AbortController().signal;

function start(answer: Answerer, timeoutMs = 60_000): Classifier {
  const classifier = new Classifier(new MemoryTransport(answer), timeoutMs);
  classifier.start();
  return classifier;
}

test('gets its reply even when that comes before the job counts as queued', async () => {
  let queued = false;
  const classifier = start((job, reply) => reply(tabby(job)));
  const onQueued = () => {
    queued = true;
  };
  const { answer } = await classifier.classify(photo, { topK: 3, signal: never, onQueued });
  expect(answer.categories).toHaveLength(3);
  expect(queued).toBe(true);
  expect(classifier.waiting).toBe(0);
});

test('the first reply counts, further ones are dropped', async () => {
  const classifier = start((job, reply) => {
    reply(tabby(job));
    reply({ jobId: job.id, status: 'failed', code: 'JOB_FAILED', detail: 'second' });
  });
  const { answer } = await classifier.classify(photo, { topK: 1, signal: never });
  expect(answer.status).toBe('done');
});

test("the worker's problem becomes the client's", async () => {
  const classifier = start(({ id }, reply) =>
    reply({ jobId: id, status: 'failed', code: 'IMAGE_UNREADABLE', detail: 'damaged' }),
  );
  const classifying = classifier.classify(photo, { topK: 1, signal: never });
  await expect(classifying).rejects.toMatchObject({ code: 'IMAGE_UNREADABLE', message: 'damaged' });
  expect(classifier.waiting).toBe(0);
});

test('no reply in time is DEADLINE_EXCEEDED and leaves no waiter', async () => {
  const classifier = start(() => {}, 20);
  const classifying = classifier.classify(photo, { topK: 1, signal: never });
  await expect(classifying).rejects.toMatchObject({
    code: 'DEADLINE_EXCEEDED',
    message: 'No worker answered within 20 ms.',
  });
  expect(classifier.waiting).toBe(0);
});

test('a client that has gone leaves no waiter', async () => {
  const gone = new AbortController();
  const classifier = start(() => gone.abort(new Error('gone')));
  const classifying = classifier.classify(photo, { topK: 1, signal: gone.signal });
  await expect(classifying).rejects.toThrow('gone');
  expect(classifier.waiting).toBe(0);
});

test('one who has gone before his turn queues no job', async () => {
  const jobs: string[] = [];
  const classifier = start((job) => void jobs.push(job.id));
  const classifying = classifier.classify(photo, {
    topK: 1,
    signal: AbortSignal.abort(new Error('gone')),
  });
  await expect(classifying).rejects.toThrow('gone');
  expect(jobs).toEqual([]);
});
