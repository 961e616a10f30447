// The worker: consumer -> decoder -> batcher -> backend, put together and taken apart.
import {
  createKeys,
  createRedis,
  JobQueue,
  type Logger,
  type ModelCardInfo,
  type Redis,
  RedisClock,
  startTracing,
} from '@synset/shared';
import { CLASSES, SIDE } from './backend/backend.ts';
import type { WorkerConfig } from './config.ts';
import { Consumer } from './consumer.ts';
import { Heartbeat } from './heartbeat.ts';
import { JobHandler } from './job-handler.ts';
import { type Metrics, noMetrics } from './metrics/metrics.ts';
import type { Pipeline } from './pipeline.ts';
import { Replier } from './replier.ts';

export interface Worker {
  readonly name: string;
  readonly model: ModelCardInfo;
  /** Jobs that are not finished yet. */
  readonly underWay: number;
  /** True while it can take jobs and answer them. */
  readonly ready: boolean;
  /** Resolves with the reason when the worker can do no more work. */
  readonly failed: Promise<Error>;
  /** Finishes what is under way, then lets go of everything. May be called twice. */
  close(): Promise<void>;
}

/** A photo takes milliseconds, a large batch without a GPU perhaps some seconds. */
const HANG_MS = 60_000;

export interface WorkerOptions {
  readonly hangMs?: number;
  readonly metrics?: Metrics;
}

/** Ready, and announced as ready, when the promise resolves. The pipeline is closed with the worker. */
export async function startWorker(
  config: WorkerConfig,
  log: Logger,
  pipeline: Pipeline,
  { hangMs = HANG_MS, metrics = noMetrics }: WorkerOptions = {},
): Promise<Worker> {
  const { model, providers, capacity } = pipeline;
  const [redis, reader] = await connect(config, log);
  const keys = createKeys(config.KEY_PREFIX);
  const clock = new RedisClock(redis);
  const queue = new JobQueue(redis, keys);
  const info = describeModel(model, providers);
  const tracer = await startTracing({
    service: 'synset-worker',
    instance: config.WORKER_NAME,
    endpoint: config.OTEL_EXPORTER_OTLP_ENDPOINT,
    ratio: 1, // what is recorded was decided when the request came
    log,
  });
  const handler = new JobHandler({
    classify: pipeline.classify,
    queue,
    replier: new Replier(queue, log),
    clock,
    keys,
    consumer: config.WORKER_NAME,
    model: info,
    maxDeliveries: config.MAX_DELIVERIES,
    cacheTtlS: config.CACHE_TTL_S,
    hangMs,
    tracer,
    metrics,
    log,
  });

  const consumer = new Consumer({
    reader,
    redis,
    queue,
    keys,
    name: config.WORKER_NAME,
    claimIdleMs: config.CLAIM_IDLE_MS,
    capacity,
    metrics,
    log,
    handle: (entry) => handler.handle(entry),
  });
  const heartbeat = new Heartbeat({
    redis,
    clock,
    keys,
    name: config.WORKER_NAME,
    model: info,
    work: () => ({ jobsDone: handler.jobsDone, jobsPerS: handler.rate.perSecond() }),
    log,
  });
  await heartbeat.start();
  consumer.start();

  async function close(): Promise<void> {
    await heartbeat.close();
    await consumer.close();
    await pipeline.close();
    for (const client of [reader, redis]) if (client.isOpen) client.destroy();
    await tracer.close();
  }
  let closing: Promise<void> | undefined;
  return {
    name: config.WORKER_NAME,
    model: info,
    get underWay() {
      return consumer.running;
    },
    get ready() {
      return redis.isReady && consumer.healthy;
    },
    failed: Promise.race([pipeline.failed, handler.hung]),
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

/** Two connections: one that blocks in reads, one for all the rest. */
async function connect(config: WorkerConfig, log: Logger): Promise<[Redis, Redis]> {
  const open = async (role: string) => {
    const name = `synset-worker-${config.WORKER_NAME}-${role}`;
    const client = createRedis({ url: config.REDIS_URL, name, log });
    await client.connect();
    return client;
  };
  return await Promise.all([open('main'), open('reader')]);
}

function describeModel(
  { card, sha256, explain, prepared }: Pipeline['model'],
  providers: readonly string[],
): ModelCardInfo {
  return {
    name: card.name,
    trained: card.trained,
    sha256,
    source: card.source ?? null,
    licence: card.licence ?? null,
    top1: card.top1 ?? null,
    top5: card.top5 ?? null,
    classes: CLASSES,
    input: [SIDE, SIDE],
    prepared,
    providers: [...providers],
    explain,
  };
}
