// Plays a worker on the real stream: reads jobs and replies by a rule of the test's.
import {
  announceWorker,
  createKeys,
  createRedis,
  decodeJob,
  encodePrediction,
  ensureGroup,
  GROUP,
  HEARTBEAT_MS,
  type Job,
  ReadLoop,
  type Reply,
  redisTime,
  withBuffers,
} from '@synset/shared';
import { silentLog } from '@synset/shared/testing';

export const fakeModel = {
  name: 'fake',
  trained: false,
  sha256: '00',
  source: null,
  licence: null,
  top1: null,
  top5: null,
  classes: 1000,
  input: [224, 224] as [number, number],
  prepared: true,
  providers: ['cpu'],
  explain: false,
};

/** Of the whole photo; the first grid has its only 1 at the first place, the second at the next. */
export function explanationOf(categories: number, width: number, height: number) {
  const grids = Array.from({ length: categories }, (_, category) =>
    Array.from({ length: 7 }, (_, y) =>
      Array.from({ length: 7 }, (_, x) => (7 * y + x === category ? 1 : 0.125)),
    ),
  );
  return { area: { x: 0, y: 0, width, height }, grids };
}

/** The reply of a worker that found category 281, then the ones after it. */
export function tabby(job: Omit<Job, 'replyTo' | 'traceparent' | 'replayed'>): Reply {
  const { id: jobId, topK, explain, width, height, format, sha256, uploadMs } = job;
  const categories = Array.from({ length: topK }, (_, i) => ({
    index: (281 + i) % 1000,
    score: 0.5 / (i + 1),
  }));
  const model = { name: 'fake', trained: false };
  return {
    jobId,
    status: 'done',
    categories,
    model,
    width,
    height,
    format,
    bytes: job.image.length,
    sha256,
    confident: true,
    ...(explain && { explanation: explanationOf(Math.min(topK, 5), width, height) }),
    cached: false,
    uploadMs,
    queueMs: 3,
    decodeMs: 1,
    inferenceMs: 2,
  };
}

export interface FakeWorker {
  readonly jobs: Job[];
  /** Replies to the job; call it as often as the test wants. */
  reply(job: Job, reply: Reply): Promise<void>;
  close(): Promise<void>;
}

export interface FakeWorkerOptions {
  readonly jobsPerS?: number;
  /** Whether it takes jobs; else they wait. */
  readonly reads?: boolean;
}

/** `onJob` may reply or not. Announced as ready when the promise resolves. */
export async function startFakeWorker(
  url: string,
  prefix: string,
  onJob: (job: Job, worker: FakeWorker) => void = (job, worker) =>
    void worker.reply(job, tabby(job)),
  options: FakeWorkerOptions = {},
): Promise<FakeWorker> {
  const keys = createKeys(prefix);
  const [redis, reader] = await Promise.all(
    ['fake-worker', 'fake-reader'].map(async (name) => {
      const client = createRedis({ url, name, log: silentLog });
      await client.connect();
      return client;
    }),
  );
  if (!redis || !reader) throw new Error('not connected');
  const loop = new ReadLoop({
    reader,
    redis,
    prepare: () => ensureGroup(redis, keys.jobs, GROUP),
    read: async () => {
      const streams = await withBuffers(reader).xReadGroup(
        GROUP,
        'fake',
        { key: keys.jobs, id: '>' },
        { BLOCK: 1000 },
      );
      for (const { id, message } of streams?.[0]?.messages ?? []) {
        await redis.multi().xAck(keys.jobs, GROUP, id).xDel(keys.jobs, id).exec();
        const job = decodeJob({ ...message } as unknown as Record<string, Buffer>);
        worker.jobs.push(job);
        onJob(job, worker);
      }
    },
    log: silentLog,
  });
  const worker: FakeWorker = {
    jobs: [],
    async reply(job, reply) {
      if (reply.status === 'done')
        await redis.hSet(keys.predictions, reply.jobId, encodePrediction(reply));
      if (job.replyTo) await redis.xAdd(job.replyTo, '*', { reply: JSON.stringify(reply) });
    },
    async close() {
      clearInterval(beating);
      await loop.close();
      await redis.del([keys.jobs, keys.workers, keys.predictions]);
      redis.destroy();
      reader.destroy();
    },
  };
  if (options.reads ?? true) loop.start();
  const work = { jobsDone: 0, jobsPerS: options.jobsPerS ?? null };
  const beat = async () => {
    const lastSeen = await redisTime(redis);
    await announceWorker(redis, keys, { name: 'fake', model: fakeModel, ...work, lastSeen });
  };
  await beat();
  // Redis may go away in a test.
  const beating = setInterval(() => void beat().catch(() => {}), HEARTBEAT_MS);
  return worker;
}
