import { createServer } from 'node:net';
import { type ProblemCode, problems } from '@synset/shared';
import { describe, expect, it, onTestFinished } from 'vitest';
import { answerRules, judgeExchange } from '../../src/fuzz/answer-rules.ts';
import type { Answer } from '../../src/fuzz/answers.ts';
import { exchange } from '../../src/fuzz/client.ts';
import { wrongEnd } from '../../src/fuzz/look-up.ts';
import type { FuzzRequest } from '../../src/fuzz/requests.ts';
import { type Evidence, judgeRun, runRules } from '../../src/fuzz/run-rules.ts';

const request: FuzzRequest = {
  number: 1,
  kind: 'test',
  bytes: Buffer.from('GET / HTTP/1.1\r\n\r\n'),
  pieces: 3,
  ending: 'answer',
};

const found = (...answers: Answer[]) =>
  judgeExchange(request, { answers, malformed: null, rest: 0, gaveUp: false }).map(
    ({ rule }) => rule,
  );

const answer = (
  status: number,
  body: object | string,
  headers: Answer['headers'] = {},
): Answer => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: typeof body === 'string' ? body : JSON.stringify(body),
});

function problem(code: ProblemCode, fields: object = {}, headers: Answer['headers'] = {}): Answer {
  const { status, title } = problems[code];
  const body = { success: false, code, status, title, detail: 'x', requestId: 'y', ...fields };
  const type = { 'content-type': 'application/problem+json; charset=utf-8', 'retry-after': '1' };
  return answer(status, body, { ...type, ...headers });
}

describe('answers', () => {
  it.each([
    answer(200, { success: true }),
    answer(202, { jobs: [{ problem: { code: 'QUEUE_FULL' } }] }),
    answer(304, '', { 'content-type': '' }),
    answer(400, '<html>', { 'content-type': 'text/html; charset=utf-8' }),
    answer(400, { error: 'the shape is wrong' }),
    problem('FILE_EMPTY'),
    problem('QUEUE_FULL'),
    problem('QUEUE_UNAVAILABLE'),
    problem('SHUTTING_DOWN'),
    problem('DEADLINE_EXCEEDED'),
  ])('may be: %o', (one) => {
    expect(found(one)).toEqual([]);
  });

  const breaches: [string, Answer][] = [
    ['server error', problem('INTERNAL')],
    ['server error', problem('JOB_FAILED')],
    ['server error', answer(500, '<html>', { 'content-type': 'text/html' })],
    ['server error', answer(502, { error: 'x' })],
    ['not a problem', answer(417, '', { 'content-type': '' })],
    ['not a problem', answer(404, { message: 'Not Found' })],
    ['not a problem', problem('NOT_FOUND', { requestId: undefined })],
    ['not a problem', problem('NOT_FOUND', { success: true })],
    ['not a problem', problem('NOT_FOUND', { code: 'NO_SUCH_CODE' })],
    ['code beside its status', problem('NOT_FOUND', { status: 400 })],
    ['code beside its status', { ...problem('NOT_FOUND'), status: 400 }],
    ['no Retry-After', problem('QUEUE_FULL', {}, { 'retry-after': '' })],
    ['not JSON', answer(200, '{')],
    ['internals', problem('NOT_FOUND', { detail: 'x at run (file:///app.ts:1:2)' })],
    ['job that failed', answer(202, { jobs: [{ problem: { status: 500, code: 'INTERNAL' } }] })],
  ];

  it.each(breaches)('may not be: %s (%#)', (rule, one) => {
    expect(found(one)).toEqual([rule]);
  });

  it('has a case here for each of its rules', () => {
    expect(new Set(breaches.map(([rule]) => rule))).toEqual(new Set(Object.keys(answerRules)));
  });

  it('judges all answers of a connection, and no body where there is none', () => {
    expect(found(problem('FILE_EMPTY'), problem('INTERNAL'))).toEqual(['server error']);
    const bare = { answers: [answer(404, '')], malformed: null, rest: 0, gaveUp: false };
    const rulesOf = (line: string) =>
      judgeExchange({ ...request, bytes: Buffer.from(`${line} HTTP/1.1\r\n\r\n`) }, bare).length;
    expect(['HEAD /', 'GET /v2/models/x/ready', 'GET /v2/models/x'].map(rulesOf)).toEqual([
      0, 0, 2,
    ]);
  });

  it.each(['', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhi', 'rubbish\r\n\r\n'])(
    'must be there, and be one: %j',
    async (text) => {
      const server = createServer((socket) => socket.end(text));
      onTestFinished(() => void server.close());
      const port = await new Promise<number>((resolve) =>
        server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port)),
      );
      const rules = (ending: FuzzRequest['ending'], result: Awaited<ReturnType<typeof exchange>>) =>
        judgeExchange({ ...request, ending }, result).map(({ rule }) => rule);
      const result = await exchange(port, request);
      expect(rules('answer', result)).toContain('unanswered');
      const isOne = !text.startsWith('rubbish');
      expect(rules('patience', result)).toEqual(isOne ? [] : ['no HTTP']);
    },
  );
});

it('lets a job fail by its photo alone', () => {
  expect(wrongEnd('{"status":"done"}')).toBeNull();
  const failed = (code: string, status: number) =>
    wrongEnd(JSON.stringify({ status: 'failed', problem: { code, status } }));
  expect(failed('IMAGE_UNREADABLE', 422)).toBeNull();
  expect(failed('JOB_FAILED', 500)).toBe('JOB_FAILED');
  expect(wrongEnd('{"status":"queued"}')).toBe('queued');
  expect(wrongEnd('')).not.toBeNull();
});

/** A run after which all is as it was. */
const innocent: Evidence = {
  accidents: [],
  memory: [
    { process: 'api-1', fromMb: 100, toMb: 130 },
    { process: 'worker-1', fromMb: 500, toMb: 549 },
  ],
  open: [{ what: 'handles of the api', before: 26, after: 26 }],
  tempFiles: [],
  backlog: 0,
  pending: 0,
  badJobs: [],
  badPhotos: [],
  deadLetters: [],
  lastingKeys: [],
  heldBytes: [],
  errors: [],
  exits: [{ name: 'api-1', end: 0 }],
};

describe('a run', () => {
  it('is good where all is as it was', () => {
    expect(judgeRun(innocent)).toEqual([]);
  });

  const breaches: [string, Partial<Evidence>][] = [
    ['ended by itself', { accidents: [{ name: 'worker-1', end: 'SIGSEGV' }] }],
    ['memory grew', { memory: [{ process: 'api-1', fromMb: 100, toMb: 131 }] }],
    ['memory grew', { memory: [{ process: 'worker-1', fromMb: 500, toMb: 551 }] }],
    ['leaked', { open: [{ what: 'handles of the api', before: 26, after: 27 }] }],
    ['temporary files', { tempFiles: ['vips-1.v'] }],
    ['jobs left', { backlog: 1 }],
    ['jobs left', { pending: 1 }],
    ['jobs without an answer', { badJobs: ['a: queued'] }],
    ['good photos', { badPhotos: ['nagasaki-boats: tench'] }],
    ['dead letters', { deadLetters: [{ jobId: 'a', reason: 'killed' }] }],
    ['keys without TTL', { lastingKeys: ['synset:{0}:result:a'] }],
    ['bytes in flight', { heldBytes: ['an upload was refused'] }],
    ['errors in the log', { errors: ['api-1: {"level":50}'] }],
    ['did not end in order', { exits: [{ name: 'api-1', end: 1 }] }],
  ];

  it.each(breaches)('is not: %s (%#)', (rule, changed) => {
    expect(judgeRun({ ...innocent, ...changed }).map((breach) => breach.rule)).toEqual([rule]);
  });

  it('has a case here for each of its rules', () => {
    expect(new Set(breaches.map(([rule]) => rule))).toEqual(new Set(Object.keys(runRules)));
  });
});
