// The problems as clients get them, with an example of each.
import { Problem, type ProblemCode, problemCodes, problems } from '@synset/shared';
import { z } from 'zod';
import { problemBody } from '../problem-body.ts';
import type { AnswerDoc, Content, RouteDoc } from './route-doc.ts';

export const problemSchema = z
  .object({
    success: z.literal(false),
    type: z.string().describe('A URN that names the code.'),
    title: z.string(),
    status: z.int(),
    code: z.enum(problemCodes),
    detail: z.string().describe('What was wrong, and which limit applied.'),
    requestId: z.string(),
    prediction: z.null(),
    score: z.null(),
    id: z.string().optional().describe('Job that goes on all the same.'),
    href: z.string().optional().describe('Where its result will be.'),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem.' });

export type ProblemBody = z.infer<typeof problemSchema>;

/** The Open Inference Protocol has its own form. */
export const protocolError = z
  .object({ error: z.string() })
  .meta({ id: 'InferenceError', description: 'Error as the Open Inference Protocol says.' });

const EXAMPLE_ID = '577c4149-6c0c-4a4b-9a38-0d0f0e3f2a11';

const details: Record<ProblemCode, string> = {
  NOT_MULTIPART: 'Send the photos as fields "file" of a multipart form.',
  FILE_MISSING: 'The form has no file in its field "file".',
  FILE_EMPTY: 'The photo has 0 bytes.',
  TOO_MANY_FILES:
    'The form has more files than 1, which is the limit; they belong into field "file".',
  UPLOAD_TRUNCATED: 'The form ended before it was complete.',
  INVALID_OPTION: 'Invalid option: topK must be a whole number.',
  INVALID_BODY: 'The form has too many parts.',
  UNAUTHORIZED: 'Send an API key as Authorization: Bearer KEY, or as X-API-Key: KEY.',
  NOT_FOUND: 'No job of this id is known, or no more.',
  METHOD_NOT_ALLOWED: '/predict takes POST only.',
  REQUEST_TIMEOUT: 'The upload brings less than 10000 bytes a second.',
  FILE_TOO_LARGE: 'The photo has more than 10485760 bytes, which is the limit.',
  TOO_MANY_PIXELS: 'The photo has 20000 x 20000 pixels; at most 50000000 pixels are allowed.',
  UNSUPPORTED_FORMAT: 'The file is none of the supported photo formats: JPEG, PNG, WebP.',
  IMAGE_UNREADABLE: 'The JPEG file is damaged or incomplete.',
  IDEMPOTENCY_MISMATCH: 'This Idempotency-Key was used before, for a request with another body.',
  RATE_LIMITED: 'More than 100 requests or photos in 60 s, which is the limit.',
  HEADERS_TOO_LARGE: 'The request headers have more than 16384 bytes.',
  INTERNAL: 'Something went wrong on our side.',
  JOB_FAILED: 'The photo was given up after 3 attempts: no worker could finish it.',
  QUEUE_FULL:
    'The queue is full: 100 photos of 10952700 bytes together wait; 20.0 are done a second.',
  QUEUE_UNAVAILABLE: 'No worker is ready.',
  SHUTTING_DOWN: 'The service is shutting down; try again.',
  DEADLINE_EXCEEDED: 'No worker answered within 10000 ms.',
};

/** For tests and documents: what a client would get. */
export function exampleProblem(code: ProblemCode): ProblemBody {
  const later = code === 'DEADLINE_EXCEEDED' ? { jobId: EXAMPLE_ID } : {};
  return problemBody(new Problem(code, details[code], later), EXAMPLE_ID);
}

/** What any route may answer, whatever it is for. */
const ANYWHERE: readonly ProblemCode[] = [
  'UNAUTHORIZED',
  'RATE_LIMITED',
  'INTERNAL',
  'SHUTTING_DOWN',
];

/** The answers of a route that tell of problems, by status. */
export function problemAnswers({ problems: own = [], errors, isHealth }: RouteDoc) {
  const codes = [...new Set([...own, ...(isHealth ? [] : ANYWHERE)])];
  const byStatus = Map.groupBy(codes, (code) => problems[code].status);
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [status, answerOf(status, codes, errors)]),
  );
}

function answerOf(
  status: number,
  codes: readonly ProblemCode[],
  errors: RouteDoc['errors'],
): AnswerDoc {
  const description = codes.map((code) => `\`${code}\`: ${problems[code].title}`).join('  \n');
  if (errors === 'status') return { description };
  const content = errors === 'protocol' ? protocolContent(codes) : problemContent(status, codes);
  return {
    description,
    ...((status === 503 || status === 429) && {
      headers: { 'Retry-After': 'Seconds after which it is worth trying again.' },
    }),
    content: {
      ...content,
      ...(errors === 'page' && { 'text/html': { schema: z.string() } }),
    },
  };
}

const examplesOf = (codes: readonly ProblemCode[], example: (code: ProblemCode) => unknown) =>
  Object.fromEntries(codes.map((code) => [code, example(code)]));

function problemContent(status: number, codes: readonly ProblemCode[]): Record<string, Content> {
  const own = z.looseObject({ status: z.literal(status), code: z.enum(codes as [ProblemCode]) });
  const schema = z.intersection(problemSchema, own);
  return { 'application/problem+json': { schema, examples: examplesOf(codes, exampleProblem) } };
}

function protocolContent(codes: readonly ProblemCode[]): Record<string, Content> {
  const examples = examplesOf(codes, (code) => ({ error: details[code] }));
  return { 'application/json': { schema: protocolError, examples } };
}
