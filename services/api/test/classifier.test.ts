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

const submit = async (classifier: Classifier, topK = 1, signal = never) =>
  await (await classifier.submit(photo, { id: 'job', topK, signal })).classified;

test('gets its reply even when that comes before the job counts as queued', async () => {
  const classifier = start((job, reply) => reply(tabby(job)));
  const { answer } = await submit(classifier, 3);
  expect(answer.categories).toHaveLength(3);
  expect(classifier.waiting).toBe(0);
});

test('the first reply counts, further ones are dropped', async () => {
  const classifier = start((job, reply) => {
    reply(tabby(job));
    reply({ jobId: job.id, status: 'failed', code: 'JOB_FAILED', detail: 'second' });
  });
  expect((await submit(classifier)).answer.status).toBe('done');
});

test("the worker's problem becomes the client's", async () => {
  const classifier = start(({ id }, reply) =>
    reply({ jobId: id, status: 'failed', code: 'IMAGE_UNREADABLE', detail: 'damaged' }),
  );
  const problem = { code: 'IMAGE_UNREADABLE', message: 'damaged' };
  await expect(submit(classifier)).rejects.toMatchObject(problem);
  expect(classifier.waiting).toBe(0);
});

test('no reply in time is DEADLINE_EXCEEDED and leaves no waiter', async () => {
  const classifier = start(() => {}, 20);
  await expect(submit(classifier)).rejects.toMatchObject({
    code: 'DEADLINE_EXCEEDED',
    message: 'No worker answered within 20 ms.',
  });
  expect(classifier.waiting).toBe(0);
});

test('a queue that never answers is DEADLINE_EXCEEDED too', async () => {
  const transport = new MemoryTransport(() => {});
  transport.publish = () => new Promise(() => {});
  const classifier = new Classifier(transport, 20);
  await expect(submit(classifier)).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
});

test('a queue that refuses leaves no waiter', async () => {
  const classifier = new Classifier(new MemoryTransport(() => {}), 60_000); // never started
  await expect(submit(classifier)).rejects.toMatchObject({ code: 'QUEUE_UNAVAILABLE' });
  expect(classifier.waiting).toBe(0);
});

test('a client that has gone leaves no waiter', async () => {
  const gone = new AbortController();
  const classifier = start(() => gone.abort(new Error('gone')));
  await expect(submit(classifier, 1, gone.signal)).rejects.toThrow('gone');
  expect(classifier.waiting).toBe(0);
});

test('one who has gone before his turn queues no job', async () => {
  const jobs: string[] = [];
  const classifier = start((job) => void jobs.push(job.id));
  const signal = AbortSignal.abort(new Error('gone'));
  await expect(submit(classifier, 1, signal)).rejects.toThrow('gone');
  expect(jobs).toEqual([]);
});
