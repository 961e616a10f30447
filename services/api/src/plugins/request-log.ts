// One line in the log for each request when it is over, and the request's ID in its answer.
import type { FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { healthRoutes } from '../health-routes.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** What the request's line says beside the facts of HTTP. */
    noted: Record<string, unknown> | null;
  }
}

/** Asked again and again by balancers and monitors: of interest to who looks for a fault in them. */
const QUIET = new Set([...healthRoutes, '/metrics']);
/** Streams that last until their client has seen enough, which is no failure and takes no time. */
const ENDLESS = new Set(['/live']);
/** Of what a client sends and the line repeats. */
const MAX_LENGTH = 128;
/** A client's own name for its request. It names nothing here: whoever wants may send any. */
const CLIENT_ID = /^[\w.-]{1,128}$/;

export const isQuiet = ({ routeOptions: { url } }: FastifyRequest): boolean =>
  url !== undefined && QUIET.has(url);

export const isEndless = ({ routeOptions: { url } }: FastifyRequest): boolean =>
  url !== undefined && ENDLESS.has(url);

/** False where the client hung up before it had all of its answer. */
export const isAnswered = (request: FastifyRequest, { raw }: FastifyReply): boolean =>
  raw.writableFinished || (isEndless(request) && raw.headersSent);

/** Never the query: clients put keys there, wanted or not. */
export const pathOf = ({ url }: FastifyRequest): string =>
  (url.split('?', 1)[0] as string).slice(0, MAX_LENGTH);

/** Adds to the request's line. */
export function note(request: FastifyRequest, facts: Record<string, unknown>): void {
  request.noted = Object.assign(request.noted ?? {}, facts);
}

export function beginRequest(request: FastifyRequest, reply: FastifyReply): void {
  const started = performance.now();
  reply.header('x-request-id', request.id);
  // Not onResponse, which does not come when the client hangs up.
  reply.raw.once('close', () => logRequest(request, reply, performance.now() - started));
}

function logRequest(request: FastifyRequest, reply: FastifyReply, ms: number): void {
  const { method, headers, ip } = request;
  const route = request.routeOptions.url;
  const bytes = headers['content-length'];
  const clientId = headers['x-request-id'];
  const line = {
    method,
    route,
    path: pathOf(request),
    ...(isAnswered(request, reply) ? { status: reply.statusCode } : { aborted: true }),
    ms: Math.round(ms * 10) / 10,
    ip,
    ...(bytes !== undefined && { bytes: Number(bytes) }),
    ...(clientId !== undefined && CLIENT_ID.test(`${clientId}`) && { clientRequestId: clientId }),
    ...(request.problem && { code: request.problem.code }),
    ...request.noted,
  };
  if (isQuiet(request)) request.log.debug(line, 'request');
  else request.log.info(line, 'request');
}

export default fp(
  async (app) => {
    app.decorateRequest('noted', null);
    app.addHook('onRequest', (request, reply, done) => {
      beginRequest(request, reply);
      done();
    });
  },
  { name: 'request-log' },
);
