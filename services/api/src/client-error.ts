// Answers requests that Node's HTTP parser refuses, before there is a request to speak of.
import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { type Logger, Problem, problems } from '@synset/shared';
import { MAX_HEADER_BYTES } from './connection-limits.ts';
import { problemBody } from './problem-body.ts';

function toProblem(code: string | undefined): Problem {
  if (code === 'HPE_HEADER_OVERFLOW') {
    return new Problem(
      'HEADERS_TOO_LARGE',
      `The request headers have more than ${MAX_HEADER_BYTES} bytes.`,
    );
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new Problem('REQUEST_TIMEOUT', 'The request did not arrive in time.');
  }
  return new Problem('INVALID_BODY', 'This is not a valid HTTP request.');
}

/** Gives what it answered, if it could. */
export function answerClientError(
  error: NodeJS.ErrnoException,
  socket: Socket,
  log: Logger,
): Problem | null {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return null;
  }
  const problem = toProblem(error.code);
  const requestId = randomUUID();
  const body = JSON.stringify(problemBody(problem, requestId));
  const { status, title } = problems[problem.code];
  const { code } = problem;
  log.info({ requestId, status, code, ip: socket.remoteAddress }, 'request');
  const head = [
    `HTTP/1.1 ${status} ${title}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    `X-Request-Id: ${requestId}`,
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  return problem;
}
