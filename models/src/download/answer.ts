// Reads the head of an answer: where its bytes belong in the file, or why it is of no use.
import { Trouble } from './trouble.ts';

export interface Body {
  /** Offset of its first byte: what was asked for, or 0 when it is the whole file. */
  from: number;
  /** Whether the server said how long the file is, and it is what the catalogue says. */
  sure: boolean;
}

/** Of the client errors, those that pass; the others say that the file cannot be had here. */
const PASSING = new Set([408, 425, 429]);

/**
 * @param have bytes that are there, and were asked to be left out
 * @param bytes of the whole file
 * @throws {Trouble} when the answer has not the file, or not the part that was asked for
 */
export function readHead(response: Response, have: number, bytes: number, now: number): Body {
  const { status, statusText, headers } = response;
  if (status === 206) return { from: checkRange(headers, have, bytes), sure: true };
  if (status === 200) return { from: 0, sure: checkLength(headers, bytes) };
  const anew = status === 416 && have > 0;
  const again = anew || status >= 500 || PASSING.has(status);
  const waitMs = retryAfter(headers.get('retry-after'), now);
  throw new Trouble(`${status} ${statusText}`.trim(), { again, anew, waitMs });
}

function checkRange(headers: Headers, have: number, bytes: number): number {
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get('content-range') ?? '');
  const [, start, total] = range ?? [];
  if (total !== undefined && total !== '*' && Number(total) !== bytes)
    throw wrongLength(total, bytes);
  if (Number(start) === have) return have;
  throw new Trouble('another part than was asked for', { again: true, anew: have > 0 });
}

function checkLength(headers: Headers, bytes: number): boolean {
  const length = headers.get('content-length');
  // A packed answer has the length of what is sent, not of the file.
  if (length === null || headers.has('content-encoding')) return false;
  if (Number(length) !== bytes) throw wrongLength(length, bytes);
  return true;
}

function wrongLength(length: string, bytes: number): Trouble {
  return new Trouble(`a file of ${length} bytes, not of ${bytes}`, { again: false });
}

/** Seconds or a date. */
function retryAfter(value: string | null, now: number): number | undefined {
  if (value === null) return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now;
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}
