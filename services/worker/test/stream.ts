// The job stream of one test: jobs put in, replies taken out, workers with a fake backend started.
import {
  createKeys,
  createRedis,
  decodeReply,
  GROUP,
  JobQueue,
  type Keys,
  type Logger,
  type Redis,
  type Reply,
} from '@synset/shared';
import { plain, randomPrefix, silentLog, testJob } from '@synset/shared/testing';
import { expect, inject } from 'vitest';
import { readConfig } from '../src/config.ts';
import { type Metrics, noMetrics } from '../src/metrics/metrics.ts';
import { startPipeline } from '../src/pipeline.ts';
import { startWorker, type Worker } from '../src/worker.ts';
import type { FakeBackend } from './fake-backend.ts';

const MODEL_DIR = process.env.SYNSET_TEST_MODEL_DIR ?? 'data/test-models';
/** No limit that a test would meet. */
const LIMITS = { maxJobs: 1e6, maxBytes: 1e12 };

export class TestStream {
  readonly keys: Keys;
  readonly redis: Redis;
  readonly queue: JobQueue;
  readonly #url: string;
  readonly #prefix = randomPrefix();
  readonly #workers: Worker[] = [];
  #lastReply = '0-0';

  private constructor(url: string) {
    this.#url = url;
    this.keys = createKeys(this.#prefix);
    this.redis = createRedis({ url, name: 'test', log: silentLog });
    this.queue = new JobQueue(this.redis, this.keys);
  }

  static async open(url: string = inject('redisUrl')): Promise<TestStream> {
    const stream = new TestStream(url);
    await stream.redis.connect();
    return stream;
  }

  async close(): Promise<void> {
    for (const worker of this.#workers) await worker.close();
    const keys = await this.redis.keys(`${this.#prefix}:*`);
    if (keys.length > 0) await this.redis.del(keys);
    this.redis.destroy();
  }

  /** With the model's own backend where none is given. */
  async startWorker(
    backend: FakeBackend | null,
    {
      name = 'one',
      hangMs,
      log = silentLog,
      metrics = noMetrics,
      ...env
    }: {
      name?: string;
      hangMs?: number;
      log?: Logger;
      metrics?: Metrics;
      [key: string]: unknown;
    } = {},
  ): Promise<Worker> {
    const config = readConfig({
      REDIS_URL: this.#url,
      KEY_PREFIX: this.#prefix,
      WORKER_NAME: name,
      MODEL: 'testcard-int8',
      MODEL_DIR,
      ...(env as NodeJS.ProcessEnv),
    });
    const pipeline = await startPipeline(config, silentLog, {
      ...(backend && { createBackend: () => backend }),
      metrics,
    });
    const worker = await startWorker(config, log, pipeline, {
      metrics,
      ...(hangMs !== undefined && { hangMs }),
    });
    this.#workers.push(worker);
    return worker;
  }

  /** A photo whose first byte of pixels, and so the fake backend's category, is `value`. */
  async publish(
    id: string,
    value: number,
    budgetMs: number | null = 60_000,
    traceparent: string | null = null,
  ): Promise<void> {
    await this.publishImage(id, await plain([value, 0, 0], 'png'), budgetMs, traceparent);
  }

  async publishImage(
    id: string,
    image: Buffer,
    budgetMs: number | null = 60_000,
    traceparent: string | null = null,
  ): Promise<void> {
    await this.publishJob({ id, image, budgetMs, traceparent });
  }

  async publishJob(fields: Parameters<typeof testJob>[0]): Promise<void> {
    const replyTo = this.keys.replies('test');
    const job = testJob({ replyTo, requestId: `request of ${fields.id}`, ...fields });
    expect(await this.queue.publish(job, LIMITS, 600)).toEqual({ status: 'queued' });
  }

  /** Reads what is in the stream as a worker that then does nothing more. */
  async take(consumer: string, count = 100): Promise<string[]> {
    const { jobs } = this.keys;
    const streams = await this.redis.xReadGroup(
      GROUP,
      consumer,
      { key: jobs, id: '>' },
      { COUNT: count },
    );
    return streams?.[0]?.messages.map(({ id }: { id: string }) => id) ?? [];
  }

  async nextReplies(count: number): Promise<Reply[]> {
    const replies: Reply[] = [];
    while (replies.length < count) {
      const key = this.keys.replies('test');
      const streams = await this.redis.xRead({ key, id: this.#lastReply }, { BLOCK: 15_000 });
      if (!streams) throw new Error('no reply in 15 s');
      for (const { id, message } of streams[0]?.messages ?? []) {
        this.#lastReply = id;
        replies.push(decodeReply(message));
      }
    }
    return replies;
  }

  async expectNothingLeft(): Promise<void> {
    expect(await this.redis.xLen(this.keys.jobs)).toBe(0);
    expect((await this.redis.xPending(this.keys.jobs, GROUP)).pending).toBe(0);
    expect(await this.redis.exists(this.keys.jobBytes)).toBe(0);
  }

  /** All replies so far, those that were read before included. */
  async replyCount(): Promise<number> {
    return await this.redis.xLen(this.keys.replies('test'));
  }
}
