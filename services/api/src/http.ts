// The Fastify instance: plugins, then routes.
import { randomUUID } from 'node:crypto';
import type { Logger, Tracer } from '@synset/shared';
import Fastify, { type FastifyInstance, LogController } from 'fastify';
import type { ApiKeys } from './api-keys.ts';
import { answerClientError } from './client-error.ts';
import type { ApiConfig } from './config.ts';
import { connectionLimits, MAX_CONNECTIONS } from './connection-limits.ts';
import { healthRoutes } from './health-routes.ts';
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
import type { RateCounters } from './rate-limit.ts';
import { docsRoutes } from './routes/docs.ts';
import { feedbackRoutes } from './routes/feedback.ts';
import { inferenceRoutes } from './routes/inference.ts';
import { infoRoutes } from './routes/info.ts';
import { jobRoutes } from './routes/jobs.ts';
import { liveRoutes } from './routes/live.ts';
import { type MetricsRoutesOptions, metricsRoutes } from './routes/metrics.ts';
import { pageRoutes } from './routes/page.ts';
import { predictRoutes } from './routes/predict.ts';
import type { Services } from './services.ts';

/** What needs no key: balancers and orchestrators, who ask, have none. */
const openRoutes = ({ METRICS_OPEN }: ApiConfig) =>
  new Set([...healthRoutes, ...(METRICS_OPEN ? ['/metrics'] : [])]);

/** What stands around the routes. */
export interface Guards {
  readonly apiKeys: ApiKeys;
  readonly counters: RateCounters;
  readonly tracer: Tracer;
  /** Null: nothing is counted. */
  readonly monitoring: Omit<MetricsRoutesOptions, 'services'> | null;
}

export async function buildApp(
  services: Services,
  guards: Guards,
  log: Logger,
): Promise<FastifyInstance> {
  const app = createApp(services, guards, log);
  await addPlugins(app, services, guards);
  await addRoutes(app, services, guards);
  return app;
}

function createApp(
  { config, metrics }: Services,
  { apiKeys }: Guards,
  log: Logger,
): FastifyInstance {
  const app = Fastify({
    loggerInstance: log,
    // Fastify's own two lines a request have the whole request in them; ours is in a plugin.
    logController: new LogController({
      disableRequestLogging: true,
      requestIdLogLabel: 'requestId',
    }),
    genReqId: () => randomUUID(),
    trustProxy: config.TRUST_PROXY,
    ...connectionLimits,
    // Nothing goes either way: a client that does not read its answer. Who waits for one may wait.
    connectionTimeout: config.REQUEST_TIMEOUT_MS + connectionLimits.requestTimeout,
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
  return app as unknown as FastifyInstance;
}

async function addPlugins(
  app: FastifyInstance,
  { config, metrics }: Services,
  { apiKeys, counters, tracer, monitoring }: Guards,
): Promise<void> {
  if (monitoring) await app.register(metricsPlugin, { metrics });
  await app.register(requestLog);
  await app.register(tracing, { tracer });
  await app.register(problems);
  await app.register(shutdown);
  await app.register(helmet);
  // Before the keys: a browser asks whether it may send one without having it.
  await app.register(cors, { origins: config.CORS_ORIGINS });
  await app.register(keyCheck, { keys: apiKeys, open: openRoutes(config) });
  await app.register(rateLimit, { limit: config.RATE_LIMIT, counters });
  await app.register(zod);
  await app.register(openapi);
  await app.register(multipart);
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
}

async function addRoutes(
  app: FastifyInstance,
  services: Services,
  { monitoring }: Guards,
): Promise<void> {
  await app.register(infoRoutes, { services });
  if (monitoring) await app.register(metricsRoutes, { ...monitoring, services });
  await app.register(predictRoutes, { services });
  await app.register(jobRoutes, { services });
  await app.register(inferenceRoutes, { prefix: '/v2', services });
  await app.register(liveRoutes, { services });
  await app.register(docsRoutes);
  // In a scope of their own: the hooks of templates and assets are none of the other routes' business.
  await app.register(async (scope) => {
    await scope.register(page);
    await scope.register(pageRoutes, { services });
    await scope.register(feedbackRoutes, { services });
  });
}
