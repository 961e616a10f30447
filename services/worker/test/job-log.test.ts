// What the worker's log says of jobs.
import { keptLog, testJob } from '@synset/shared/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeBackend } from './fake-backend.ts';
import { TestStream } from './stream.ts';

let stream: TestStream;

beforeEach(async () => {
  stream = await TestStream.open();
});

afterEach(() => stream.close());

const { log, lines } = keptLog();

/** Lines of jobs, when there are so many of them; then the log is empty. */
async function jobLines(count: number) {
  const found = () => lines.filter(({ msg }) => msg === 'job');
  while (found().length < count) await new Promise(setImmediate);
  return found().splice(0, lines.splice(0).length);
}

test('one line a job says whose it is, how it ended and how long each part took', async () => {
  await stream.startWorker(new FakeBackend(), { log });
  await stream.publish('a', 42);
  expect(await jobLines(1)).toEqual([
    {
      level: 30,
      time: expect.any(Number),
      pid: process.pid,
      hostname: expect.any(String),
      name: 'test',
      jobId: 'a',
      requestId: 'request of a',
      entry: expect.stringMatching(/^\d+-\d+$/),
      deliveries: 1,
      outcome: 'done',
      model: 'testcard-int8',
      queueMs: expect.any(Number),
      decodeMs: expect.any(Number),
      inferenceMs: 1,
      msg: 'job',
    },
  ]);
});

test('a photo that cannot be read ends with its code, one that nobody wants as unwanted', async () => {
  await stream.publishImage('bad', Buffer.from('\x89PNG\r\n\x1a\nrubbish', 'latin1'));
  await stream.publish('late', 1, 0.001);
  await stream.publish('gone', 1);
  await stream.queue.withdraw('gone', 60_000);
  // Older than what is not asked for.
  await new Promise((resolve) => setTimeout(resolve, 110));
  await stream.startWorker(new FakeBackend(), { log });
  const outcomes = (await jobLines(3)).map(({ jobId, outcome }) => [jobId, outcome]);
  expect(Object.fromEntries(outcomes)).toEqual({
    bad: 'IMAGE_UNREADABLE',
    late: 'DEADLINE_EXCEEDED',
    gone: 'unwanted',
  });
});

test('each try of a job has its line', async () => {
  const options = { log, CLAIM_IDLE_MS: '300', MAX_DELIVERIES: '2' };
  await stream.startWorker(new FakeBackend(), options);
  await stream.publish('bad', 255);
  expect(await jobLines(2)).toMatchObject([
    { jobId: 'bad', deliveries: 1, outcome: 'handed back' },
    { jobId: 'bad', deliveries: 2, outcome: 'JOB_FAILED' },
  ]);
});

test('an answer that came second is told from the first', async () => {
  const backend = new FakeBackend();
  const gate = Promise.withResolvers<void>();
  backend.gate = gate.promise;
  await stream.startWorker(backend, { log });
  await stream.publish('a', 1);
  while (backend.batches.length === 0) await new Promise(setImmediate);
  const entry = await stream.queue.claim('other', 0);
  await stream.queue.finish(entry?.id ?? '', {
    job: testJob({ id: 'a', image: Buffer.alloc(1) }),
    reply: { jobId: 'a', status: 'failed', sha256: '', code: 'JOB_FAILED', detail: 'first' },
  });
  gate.resolve();
  expect(await jobLines(1)).toMatchObject([{ jobId: 'a', outcome: 'answered before' }]);
});
