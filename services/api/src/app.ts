// The API put together: Redis, what the routes work with, and the Fastify instance. Nothing here
// listens or ends the process.
import { hostname } from 'node:os';
import {
  Budget,
  createKeys,
  createRedis,
  FeedbackStore,
  type Logger,
  liveWorkers,
  queueState,
  startTracing,
} from '@synset/shared';
import type { FastifyInstance } from 'fastify';
import { Registry } from 'prom-client';
import { ApiKeys } from './api-keys.ts';
import { Classifier } from './classifier.ts';
import type { ApiConfig } from './config.ts';
import { buildApp } from './http.ts';
import { Idempotency } from './idempotency.ts';
import { LiveBoard } from './live/board.ts';
import { Reporter } from './live/reporter.ts';
import { lookAtSystem } from './live/system.ts';
import { Windows } from './live/windows.ts';
import { noMetrics } from './metrics/metrics.ts';
import { Recorder } from './metrics/recorder.ts';
import { PhotoStore } from './photo-store.ts';
import { RateCounters } from './rate-limit.ts';
import { RedisTransport } from './redis-transport.ts';
import { Results } from './results.ts';
import { WorkerWatch } from './worker-watch.ts';

export interface Api {
  readonly app: FastifyInstance;
  /** Answers what is under way, then lets go of everything. May be called twice. */
  close(): Promise<void>;
}

export async function buildApi(
  config: ApiConfig,
  log: Logger,
  apiKeys = new ApiKeys(config),
): Promise<Api> {
  const { REDIS_URL: url, QUEUE_LIMIT: queueLimit, QUEUE_BYTES: queueBytes } = config;
  const keys = createKeys(config.KEY_PREFIX);
  const redis = createRedis({ url, name: 'synset-api', log });
  const watch = new WorkerWatch(() => liveWorkers(redis, keys));
  const transport = new RedisTransport({ url, redis, keys, watch, queueLimit, queueBytes, log });
  const registry = config.METRICS === 'on' ? new Registry() : null;
  const metrics = registry ? new Recorder(registry) : noMetrics;
  const results = new Results({ redis, keys, watch, cacheTtlS: config.CACHE_TTL_S, metrics });
  const classifier = new Classifier(transport, results, metrics);
  const photos = new PhotoStore(redis, keys, config.PHOTO_TTL_S);
  const feedback = new FeedbackStore(redis, keys);
  const idempotency = new Idempotency(redis, keys, config.RESULT_TTL_S);
  const windows = new Windows(redis, keys);
  const reporter = new Reporter(windows);
  const workers = () => watch.recent();
  const board = new LiveBoard(() => lookAtSystem({ redis, keys, workers, windows, reporter }));
  const inFlight = new Budget(config.MAX_IN_FLIGHT_BYTES);
  const monitoring = registry && { registry, queueState: () => queueState(redis, keys) };
  const tracer = await startTracing({
    service: 'synset-api',
    instance: `${hostname()}-${process.pid}`,
    endpoint: config.OTEL_EXPORTER_OTLP_ENDPOINT,
    ratio: config.OTEL_TRACES_SAMPLER_ARG,
    log,
  });
  // Rejects when it is closed before it stood.
  redis.connect().catch(() => {});
  classifier.start();
  const app = await buildApp(
    {
      ...{ config, classifier, transport, watch, results, idempotency, photos, feedback },
      ...{ inFlight, metrics, reporter, board },
    },
    { apiKeys, counters: new RateCounters(redis, keys), tracer, monitoring },
    log,
  );
  // Redis after the requests: in an onClose hook it would be cut under them (fastify#3617).
  async function close(): Promise<void> {
    // Those who look go to another instance at once.
    board.close();
    await app.drain(config.SHUTDOWN_DELAY_MS);
    await app.close();
    reporter.close();
    await transport.close();
    if (redis.isOpen) redis.destroy();
    await tracer.close();
  }
  let closing: Promise<void> | undefined;
  return {
    app,
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}
