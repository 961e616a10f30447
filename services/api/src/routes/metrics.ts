// GET /metrics: what Prometheus reads.
import type { QueueState } from '@synset/shared';
import type { FastifyPluginAsync } from 'fastify';
import { collectDefaultMetrics, type Registry } from 'prom-client';
import { registerInstanceGauges } from '../metrics/instance-gauges.ts';
import { QueueGauges } from '../metrics/queue-gauges.ts';
import { metricsDoc } from '../schemas/service.ts';
import type { Services } from '../services.ts';

/** The timer whose lag is measured: at the default of 10 it takes 3 ms of CPU a second, so 1.8. */
const LOOP_TIMER_MS = 20;

export interface MetricsRoutesOptions {
  /** Holds what the services have counted. */
  readonly registry: Registry;
  /** Rejects when Redis cannot be asked. */
  readonly queueState: () => Promise<QueueState>;
  readonly services: Services;
}

export const metricsRoutes: FastifyPluginAsync<MetricsRoutesOptions> = async (
  app,
  { registry, queueState, services },
) => {
  const { watch, config } = services;
  const limits = { jobs: config.QUEUE_LIMIT, bytes: config.QUEUE_BYTES };
  const queue = new QueueGauges(registry, { queueState, workers: () => watch.recent(), limits });
  registerInstanceGauges(registry, { ...services, underWay: () => app.underWay() });
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: LOOP_TIMER_MS });

  app.get('/metrics', { schema: { doc: metricsDoc } }, async (_request, reply) => {
    await queue.refresh();
    return reply.type(registry.contentType).send(await registry.metrics());
  });
};
