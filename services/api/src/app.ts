// The API as a Fastify instance: plugins, then routes. Nothing here listens or ends the process.
import { randomUUID } from 'node:crypto';

import { hostname } from 'node:os';

import {
  Budget,
  createKeys,
  createRedis,
  type Logger,
  liveWorkers,
  queueState,
  startTracing,
  type Tracer,
} from '@synset/shared';

import Fastify, { type FastifyInstance, LogController } from 'fastify';
import { Registry } from 'prom-client';
import { ApiKeys } from './api-keys.ts';

import { Classifier } from './classifier.ts';

import { answerClientError } from './client-error.ts';
import type { ApiConfig } from './config.ts';
import { connectionLimits, MAX_CONNECTIONS } from './connection-limits.ts';
import { healthRoutes } from './health-routes.ts';
import { Idempotency } from './idempotency.ts';
import { noMetrics } from './metrics/metrics.ts';
import { Recorder } from './metrics/recorder.ts';
import { PhotoStore } from './photo-store.ts';

import cors from './plugins/cors.ts';
import helmet from './plugins/helmet.ts';
import keyCheck, { refusal } from './plugins/keys.ts';

import metricsPlugin, { watchRequest } from './plugins/metrics.ts';

import multipart from './plugins/multipart.ts';

import openapi from './plugins/openapi.ts';
import page from './plugins/page.ts';
import problems, { answerError } from './plugins/problems.ts';
import rateLimit from './plugins/rate-limit.ts';
import requestLog, { beginRequest } from './plugins/request-log.ts';
import shutdown from './plugins/shutdown.ts';
import tracing from './plugins/tracing.ts';
import zod from './plugins/zod.ts';
import { RateCounters } from './rate-limit.ts';
import { RedisTransport } from './redis-transport.ts';
import { Results } from './results.ts';
import { docsRoutes } from './routes/docs.ts';
import { inferenceRoutes } from './routes/inference.ts';
import { infoRoutes } from './routes/info.ts';
import { jobRoutes } from './routes/jobs.ts';
import { type MetricsRoutesOptions, metricsRoutes } from './routes/metrics.ts';
import { pageRoutes } from './routes/page.ts';
import { predictRoutes } from './routes/predict.ts';
import type { Services } from './services.ts';
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
  const idempotency = new Idempotency(redis, keys, config.RESULT_TTL_S);
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
    { config, classifier, transport, watch, results, idempotency, photos, inFlight, metrics },
    { apiKeys, counters: new RateCounters(redis, keys), tracer, monitoring },
    log,
  );
  // Redis after the requests: in an onClose hook it would be cut under them (fastify#3617).
  async function close(): Promise<void> {
    await app.drain(config.SHUTDOWN_DELAY_MS);
    await app.close();
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

/** What needs no key: balancers and orchestrators, who ask, have none. */
const openRoutes = ({ METRICS_OPEN }: ApiConfig) =>
  new Set([...healthRoutes, ...(METRICS_OPEN ? ['/metrics'] : [])]);

/** What stands around the routes. */
interface Guards {
  readonly apiKeys: ApiKeys;
  readonly counters: RateCounters;
  readonly tracer: Tracer;
  /** Null: nothing is counted. */
  readonly monitoring: Omit<MetricsRoutesOptions, 'services'> | null;
}

async function buildApp(
  services: Services,
  { apiKeys, counters, tracer, monitoring }: Guards,
  log: Logger,
): Promise<FastifyInstance> {
  const { metrics } = services;
  const app = Fastify({
    loggerInstance: log,
    // Fastify's own two lines a request have the whole request in them; ours is in a plugin.
    logController: new LogController({
      disableRequestLogging: true,
      requestIdLogLabel: 'requestId',
    }),
    genReqId: () => randomUUID(),
    trustProxy: services.config.TRUST_PROXY,
    ...connectionLimits,
    // Nothing goes either way: a client that does not read its answer. Who waits for one may wait.
    connectionTimeout: services.config.REQUEST_TIMEOUT_MS + connectionLimits.requestTimeout,
    // All is answered by then, see `close`. Node takes a connection that never sent a request for a
    // busy one, and would wait for it for a minute.
    forceCloseConnections: true,
    return503OnClosing: false, // the shutdown plugin answers with a problem
    clientErrorHandler(error, socket) {
      const problem = answerClientError(error, socket, log);
      if (problem) metrics.unparsed(problem);
    },
    // Of a URL that is none: no hook sees it.
    frameworkErrors: (error, request, reply) => {
      watchRequest(metrics, request, reply);
      beginRequest(request, reply);
      return answerError(refusal(apiKeys, request, reply) ?? error, request, reply);
    },
  });
  // Node would answer 417 itself, without a problem; an expectation may be ignored (RFC 9110, 10.1.1).
  app.server.on('checkExpectation', (request, response) => {
    app.server.emit('request', request, response);
  });
  app.server.maxConnections = MAX_CONNECTIONS;
  // Bodies are read by `readUpload` alone, whatever their content type.
  app.removeAllContentTypeParsers();
  if (monitoring) await app.register(metricsPlugin, { metrics });
  await app.register(requestLog);
  await app.register(tracing, { tracer });
  await app.register(problems);
  await app.register(shutdown);
  await app.register(helmet);
  // Before the keys: a browser asks whether it may send one without having it.
  await app.register(cors, { origins: services.config.CORS_ORIGINS });
  await app.register(keyCheck, { keys: apiKeys, open: openRoutes(services.config) });
  await app.register(rateLimit, { limit: services.config.RATE_LIMIT, counters });
  await app.register(zod);
  await app.register(openapi);
  await app.register(multipart);
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
  await app.register(infoRoutes, { services });
  if (monitoring) await app.register(metricsRoutes, { ...monitoring, services });
  await app.register(predictRoutes, { services });
  await app.register(jobRoutes, { services });
  await app.register(inferenceRoutes, { prefix: '/v2', services });
  await app.register(docsRoutes);
  // In a scope of their own: the hooks of templates and assets are none of the other routes' business.
  await app.register(async (scope) => {
    await scope.register(page);
    await scope.register(pageRoutes, { services });
  });
  return app as unknown as FastifyInstance;
}
