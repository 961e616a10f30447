// A span for each request whose trace is recorded.
import type { Attributes, Span, Tracer } from '@synset/shared';
import type { FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { isEndless, isQuiet, note, pathOf } from './request-log.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Null where the trace is not recorded. */
    span: Span | null;
  }
}

/** Those that OpenTelemetry names and Fastify may hear of: others are any a client makes up. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE']);

function startSpan(tracer: Tracer, request: FastifyRequest): Span | null {
  const known = METHODS.has(request.method);
  const route = request.routeOptions.url;
  const parent = request.headers.traceparent;
  const name = `${known ? request.method : 'HTTP'} ${route ?? ''}`.trim();
  return tracer.start(name, {
    kind: 'server',
    ...(typeof parent === 'string' && { parent }),
    attributes: () => ({
      'http.request.method': known ? request.method : '_OTHER',
      'url.scheme': request.protocol,
      'url.path': pathOf(request),
      'client.address': request.ip,
      'synset.request.id': request.id,
      ...(route !== undefined && { 'http.route': route }),
    }),
  });
}

function endSpan(span: Span, { noted, problem }: FastifyRequest, reply: FastifyReply): void {
  const { jobId, cached } = noted ?? {};
  const { statusCode: status } = reply;
  const answered = reply.raw.writableFinished;
  const attributes: Attributes = {
    ...(answered && { 'http.response.status_code': status }),
    ...(typeof jobId === 'string' && { 'synset.job.id': jobId }),
    ...(cached === true && { 'synset.cached': true }),
  };
  span.set(attributes);
  // What the client did wrong is no error of ours.
  if (answered && status < 500) span.end();
  else span.end(answered ? (problem?.code ?? `${status}`) : 'aborted');
}

export default fp<{ tracer: Tracer }>(
  async (app, { tracer }) => {
    app.decorateRequest('span', null);
    app.addHook('onRequest', (request, reply, done) => {
      const span = isQuiet(request) || isEndless(request) ? null : startSpan(tracer, request);
      if (span) {
        request.span = span;
        note(request, { traceId: span.traceId });
        reply.raw.once('close', () => endSpan(span, request, reply));
      }
      done();
    });
  },
  { name: 'tracing', dependencies: ['request-log'] },
);
