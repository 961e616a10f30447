// What a request says beside its photo: how long it waits, what it will take, whether it is still there.
import { Problem } from '@synset/shared';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';

/** Whether it may be the ID of a job: nothing else gets into the name of a key. */
export const isJobId = (id: string): boolean => /^[\da-f-]{36}$/.test(id);

/** Options in the query of everything that classifies. */
export const classifyQuery = z.strictObject({
  topK: z
    .string()
    .regex(/^\d+$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(1).max(1000))
    .default(5)
    .describe('Number of categories, 1 to 1000.'),
  explain: z
    .enum(['true', 'false'])
    .default('false')
    .transform((text) => text === 'true')
    .describe('Whether the answer says which places of the photo speak for its best categories.'),
});

/** Milliseconds that the client gives us by X-Request-Timeout (`500`, `500ms`, `2s`), or `most`. */
export function requestBudget({ headers }: FastifyRequest, most: number): number {
  const header = headers['x-request-timeout'];
  if (header === undefined) return most;
  const [, digits, unit] = /^(\d+)(ms|s)?$/.exec(`${header}`) ?? [];
  const ms = Number(digits) * (unit === 's' ? 1000 : 1);
  if (ms > 0) return Math.min(ms, most);
  throw new Problem(
    'INVALID_OPTION',
    `X-Request-Timeout must be milliseconds (500 or 500ms) or seconds (2s), and counts up to ${most} ms.`,
  );
}

/** Aborted when the client hangs up before it has its answer. */
export function clientGone(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once('close', () => {
    if (reply.raw.writableFinished) return;
    controller.abort(new Problem('UPLOAD_TRUNCATED', 'The client closed the connection.'));
  });
  return controller.signal;
}

/** True for who would rather see a page: a browser that its user has sent here. */
export const wantsHtml = ({ headers }: FastifyRequest): boolean =>
  /\btext\/html\b/i.test(headers.accept ?? '');

export const invalid = (detail: string) => new Problem('INVALID_BODY', detail);

/** A client's words in an answer of ours. */
export const quote = (text: string): string => JSON.stringify(text.slice(0, 40));

/** True where an answer from the cache will not do. */
export const isFresh = ({ headers }: FastifyRequest): boolean =>
  /\bno-(cache|store)\b/i.test(headers['cache-control'] ?? '');

/** The Idempotency-Key with what it is valid for, the API key too, or null. */
export function idempotencyText({ method, headers, keyDigest }: FastifyRequest, route: string) {
  const key = headers['idempotency-key'];
  if (key === undefined) return null;
  if (typeof key !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(key)) {
    const detail = 'Idempotency-Key must have 1 to 255 visible ASCII characters.';
    throw new Problem('INVALID_OPTION', detail);
  }
  return `${keyDigest ?? ''} ${method} ${route} ${key}`;
}
