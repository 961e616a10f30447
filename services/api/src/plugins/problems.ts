// Answers every error as an RFC 9457 problem, and lets the client see it even while it still sends.
import { Problem, type ProblemCode, problems } from '@synset/shared';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { drain } from '../drain.ts';
import { problemBody } from '../problem-body.ts';
import { isQuiet } from './request-log.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** What the request was answered with, if it was a problem. */
    problem: Problem | null;
  }
}

/** What Fastify and Node throw themselves; the rest is ours, and INTERNAL. */
const frameworkCodes: Record<string, [ProblemCode, string]> = {
  FST_ERR_BAD_URL: ['NOT_FOUND', 'The path is not a valid one.'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: [
    'INVALID_BODY',
    'The body is not as long as Content-Length says.',
  ],
  ECONNRESET: ['UPLOAD_TRUNCATED', 'The connection broke before the upload was complete.'],
};

/** `querystring/topK must be ...` is the words of the validator. */
const optionDetail = (message: string) => `Invalid option: ${message.replace('querystring/', '')}.`;

/** Text of an error reaches the client only where it is a problem: others might show internals. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const { code = '', validation, message, statusCode = 500 } = error as FastifyError;
  if (validation) return new Problem('INVALID_OPTION', optionDetail(message));
  const known = frameworkCodes[code];
  if (known) return new Problem(...known);
  if (statusCode === 403 || statusCode === 404 || statusCode === 414) {
    return new Problem('NOT_FOUND', 'There is nothing at this path.');
  }
  if (statusCode < 500) return new Problem('INVALID_BODY', 'This request cannot be understood.');
  return new Problem('INTERNAL', 'Something went wrong on our side.', { cause: error });
}

/** Status and headers of a problem; the log gets what the client must not see. */
export async function prepareProblem(
  problem: Problem,
  request: FastifyRequest,
  reply: FastifyReply,
) {
  const { status } = problems[problem.code];
  request.problem = problem;
  const details = { code: problem.code, err: problem.cause };
  if (status === 500) request.log.error(details, problem.message);
  // A balancer asks twice a second whether it is ready: that it is not is not news each time.
  else if (status > 500 && !isQuiet(request)) request.log.warn(details, problem.message);
  if (problem.retryAfterS !== undefined) reply.header('retry-after', problem.retryAfterS);
  if (!(await drain(request.raw))) reply.header('connection', 'close');
  reply.status(status);
}

export async function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply) {
  const problem = toProblem(error);
  await prepareProblem(problem, request, reply);
  return reply
    .type('application/problem+json')
    .send(JSON.stringify(problemBody(problem, request.id)));
}

/** Throws for a path that is no route, or not with this method. */
export function missingRoute(
  app: FastifyInstance,
  request: FastifyRequest,
  reply: FastifyReply,
): never {
  const url = request.url.split('?', 1)[0] ?? '/';
  const allowed = (['GET', 'POST'] as const).filter((method) => app.hasRoute({ method, url }));
  if (allowed.length === 0) throw new Problem('NOT_FOUND', `There is nothing at ${url}.`);
  reply.header('allow', allowed.join(', '));
  throw new Problem('METHOD_NOT_ALLOWED', `${url} takes ${allowed.join(' and ')} only.`);
}

export default fp(
  async (app) => {
    app.decorateRequest('problem', null);
    app.setErrorHandler(answerError);
    app.setNotFoundHandler((request, reply) => missingRoute(app, request, reply));
  },
  { name: 'problems' },
);
