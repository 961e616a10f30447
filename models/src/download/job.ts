// What the parts of a download share.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Limits } from './limits.ts';

/** Who is told what goes on. */
export interface Report {
  /** Bytes of the file that are there, after each that came. */
  progress(done: number, total: number): void;
  /** One line, when something is not as it should be. */
  say(line: string): void;
}

export interface Job {
  /** Where it will lie, whole and checked. */
  path: string;
  /** The file that it grows in. */
  part: string;
  bytes: number;
  sha256: string;
  limits: Limits;
  signal: AbortSignal;
  report: Report;
  wait: typeof pause;
}

/** Rejects with the reason of the signal. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
}
