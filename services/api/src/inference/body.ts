// The body of an inference request: JSON, and tensors as binary data behind it.
import { Problem } from '@synset/shared';
import type { FastifyRequest } from 'fastify';
import { invalid } from '../request.ts';
import { type InferRequest, inferRequest } from '../schemas/inference.ts';

export interface InferBody {
  readonly request: InferRequest;
  /** What follows the JSON. */
  readonly binary: Buffer;
}

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

const MAX_VALUES = 1_000_000;
const MAX_STRINGS = 2000;
const [QUOTE, BACKSLASH, COMMA, BRACKET, BRACE] = [0x22, 0x5c, 0x2c, 0x5b, 0x7b];

/**
 * A few bytes of JSON make an object of many, and all else waits while it is parsed: 32 MiB of
 * `[],` became 400 MB. Four photos as pixels are within the limit; strings, which may be long, are
 * not looked into.
 */
function refuseManyValues(json: Buffer): void {
  let values = 0;
  let strings = 0;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at];
    if (byte === QUOTE) {
      strings++;
      at = endOfString(json, at + 1);
    } else if (byte === COMMA || byte === BRACKET || byte === BRACE) values++;
    if (values <= MAX_VALUES && strings <= MAX_STRINGS) continue;
    const detail = `The JSON has more than ${MAX_VALUES} values or ${MAX_STRINGS} strings, which are the limits: send tensors as binary data.`;
    throw new Problem('FILE_TOO_LARGE', detail);
  }
}

/** Where the quote is that no backslash escapes. */
function endOfString(json: Buffer, from: number): number {
  for (let quote = json.indexOf(QUOTE, from); quote >= 0; quote = json.indexOf(QUOTE, quote + 1)) {
    let before = quote;
    while (before > from && json[before - 1] === BACKSLASH) before--;
    if ((quote - before) % 2 === 0) return quote;
  }
  return json.length;
}
