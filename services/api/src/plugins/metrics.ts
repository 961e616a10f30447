// Tells of each request how it ended. Registered first: what later hooks refuse is told of too.
import type { FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import type { Metrics } from '../metrics/metrics.ts';
import { isAnswered, isEndless } from './request-log.ts';

/** A client that hung up before it had its answer; nginx says it by this number too. */
const CLIENT_GONE = 499;

export function watchRequest(metrics: Metrics, request: FastifyRequest, reply: FastifyReply): void {
  const started = performance.now();
  // Not the hook onResponse: it is not called where the client hangs up.
  reply.raw.once('close', () => {
    metrics.answered({
      method: request.method,
      route: request.routeOptions.url,
      status: isAnswered(request, reply) ? reply.statusCode : CLIENT_GONE,
      problem: request.problem,
      durationMs: isEndless(request) ? null : performance.now() - started,
    });
  });
}

export default fp<{ metrics: Metrics }>(
  async (app, { metrics }) => {
    app.addHook('onRequest', (request, reply, done) => {
      watchRequest(metrics, request, reply);
      done();
    });
  },
  { name: 'metrics' },
);
