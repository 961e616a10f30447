// What every answer must be, whatever was asked: the rules, one by one.
import { problems } from '@synset/shared';
import type { Answer } from './answers.ts';
import type { Exchange } from './client.ts';
import { type FuzzRequest, mayBeBare } from './requests.ts';

/** `isBare`: there is no body to judge. */
type Rule = (answer: Answer, isBare: boolean) => string | false;

/** Of an answer that is no success, its code as far as there is one. */
interface ProblemFields {
  readonly code?: unknown;
  readonly status?: unknown;
  readonly title?: unknown;
  readonly detail?: unknown;
  readonly success?: unknown;
  readonly requestId?: unknown;
  readonly error?: unknown;
}

/** What may go wrong without being anybody's fault. */
const BUSY = new Set(['QUEUE_FULL', 'QUEUE_UNAVAILABLE', 'SHUTTING_DOWN', 'DEADLINE_EXCEEDED']);
/** Paths, stacks, addresses: of no use to a client. */
const INTERNALS = /node_modules|file:\/\/|\.[cm]?[jt]s:\d+|redis:\/\/|ECONN|EPIPE|\bat [\w.]+ \(/;

const typeOf = ({ headers }: Answer) => headers['content-type'] ?? '';
const isJson = (answer: Answer) => /^application\/(problem\+)?json\b/.test(typeOf(answer));

function parse(text: string): ProblemFields | null {
  try {
    const value = JSON.parse(text);
    return value !== null && typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
}

const isOurs = (code: unknown): code is keyof typeof problems =>
  typeof code === 'string' && Object.hasOwn(problems, code);

/** The page says no codes, and the Open Inference Protocol knows none. */
const hasNoCode = (answer: Answer) =>
  typeOf(answer).startsWith('text/html') || typeof parse(answer.body)?.error === 'string';

export const answerRules: Record<string, Rule> = {
  'server error': (answer, isBare) => {
    if (answer.status < 500) return false;
    const { code } = parse(answer.body) ?? {};
    const busy = [503, 504].includes(answer.status);
    return busy && (isBare || hasNoCode(answer) || BUSY.has(`${code}`))
      ? false
      : `${answer.status} ${code}`;
  },

  'not a problem': (answer, isBare) => {
    if (answer.status < 400 || isBare || hasNoCode(answer)) return false;
    if (!typeOf(answer).startsWith('application/problem+json'))
      return `${answer.status} is ${typeOf(answer)}`;
    const { code, title, detail, success, requestId } = parse(answer.body) ?? {};
    if (!isOurs(code)) return `${answer.status} with code ${code}`;
    const texts = [title, detail, requestId];
    const whole = success === false && texts.every((text) => typeof text === 'string' && text);
    return !whole && `${code} lacks a field`;
  },

  'code beside its status': (answer) => {
    const { code, status } = (isJson(answer) && parse(answer.body)) || {};
    if (answer.status < 400 || !isOurs(code)) return false;
    const right = problems[code].status;
    return (right !== answer.status || status !== right) && `${code} with ${answer.status}`;
  },

  'no Retry-After': ({ status, headers }) =>
    status === 503 && !/^\d+$/.test(headers['retry-after'] ?? '') && '503',

  'not JSON': (answer, isBare) =>
    isJson(answer) && !isBare && !parse(answer.body) && `"${answer.body.slice(0, 80)}"`,

  internals: ({ status, body }) => status >= 400 && (INTERNALS.exec(body)?.[0] ?? false),

  'job that failed': ({ status, body }) =>
    status === 202 && (/"code":"(JOB_FAILED|INTERNAL)"/.exec(body)?.[0] ?? false),
};

export interface Breach {
  readonly rule: string;
  readonly detail: string;
}

export function judgeExchange(request: FuzzRequest, exchange: Exchange): Breach[] {
  const { answers, malformed, gaveUp, rest } = exchange;
  const breaches = answers.flatMap((answer, i) =>
    Object.entries(answerRules).flatMap(([rule, find]) => {
      const detail = find(answer, answer.body === '' && i === 0 && mayBeBare(request));
      return detail ? [{ rule, detail }] : [];
    }),
  );
  if (malformed !== null) breaches.push({ rule: 'no HTTP', detail: malformed.slice(0, 80) });
  if (request.ending === 'answer' && answers.length === 0) {
    const detail = gaveUp ? 'none in time' : `connection closed, ${rest} bytes of an answer`;
    breaches.push({ rule: 'unanswered', detail });
  }
  return breaches;
}
