// The body of an inference request: JSON, and tensors as binary data behind it.
import { Problem } from '@synset/shared';
import type { FastifyRequest } from 'fastify';
import { type InferRequest, inferRequest } from '../schemas/inference.ts';

export interface InferBody {
  readonly request: InferRequest;
  /** What follows the JSON. */
  readonly binary: Buffer;
}

export const invalid = (detail: string) => new Problem('INVALID_BODY', detail);

/** Throws INVALID_BODY or FILE_TOO_LARGE. */
export function parseBody(body: Buffer, { headers }: FastifyRequest): InferBody {
  const length = jsonLength(body, headers['inference-header-content-length']);
  refuseManyValues(body.subarray(0, length));
  const parsed = inferRequest.safeParse(parseJson(body.toString('utf8', 0, length)));
  if (parsed.success) return { request: parsed.data, binary: body.subarray(length) };
  const [{ path, message } = { path: [], message: '' }] = parsed.error.issues;
  throw invalid(`The inference request is not valid: ${path.join('.')} ${message}.`);
}

/** Without the header all of it is JSON. */
function jsonLength(body: Buffer, header: string | string[] | undefined): number {
  if (header === undefined) return body.length;
  const length = /^\d+$/.test(`${header}`) ? Number(header) : Number.POSITIVE_INFINITY;
  if (length <= body.length) return length;
  throw invalid(
    `Inference-Header-Content-Length must be a number of bytes, at most the ${body.length} of the body.`,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalid('The inference request is not valid JSON.');
  }
}

const MAX_VALUES = 2_000_000;
const MAX_STRINGS = 2000;
const [QUOTE, BACKSLASH] = [0x22, 0x5c];
/** What begins a value beyond the first: `,`, `[` and `{`. */
const BEGINNINGS = new Set([0x2c, 0x5b, 0x7b]);

/**
 * A few bytes of JSON make an object of many: 32 MiB of `[],` became 400 MB. Ten photos as numbers
 * are within the limit, and strings, which may be long, are not looked into.
 */
function refuseManyValues(json: Buffer): void {
  let values = 0;
  let strings = 0;
  for (let at = 0; at < json.length; ) {
    const quote = json.indexOf(QUOTE, at);
    const end = quote < 0 ? json.length : quote;
    for (; at < end; at++) if (BEGINNINGS.has(json[at] as number)) values++;
    if (quote < 0) break;
    strings++;
    at = endOfString(json, quote + 1);
    if (values > MAX_VALUES || strings > MAX_STRINGS) break;
  }
  if (values <= MAX_VALUES && strings <= MAX_STRINGS) return;
  const detail = `The JSON has more than ${MAX_VALUES} values or ${MAX_STRINGS} strings, which are the limits: send tensors as binary data.`;
  throw new Problem('FILE_TOO_LARGE', detail);
}

/** Behind the quote that no backslash escapes. */
function endOfString(json: Buffer, from: number): number {
  for (let quote = json.indexOf(QUOTE, from); quote >= 0; quote = json.indexOf(QUOTE, quote + 1)) {
    let before = quote;
    while (before > from && json[before - 1] === BACKSLASH) before--;
    if ((quote - before) % 2 === 0) return quote + 1;
  }
  return json.length;
}
