// Downloads as tests want them: quick, into a folder of their own, with everything written down.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { ModelCard } from '../src/card.ts';
import { type DownloadOptions, downloadModel } from '../src/download.ts';
import { ModelError } from '../src/error.ts';
import { temporaryFolder } from './helpers.ts';

/** For tests in which no time runs out, on however busy a machine. */
export const QUICK = { lookAgainMs: 10, attempts: 3 };
/** For those in which it does. */
export const IMPATIENT = { ...QUICK, connectMs: 300, stallMs: 300 };

export interface Download {
  folder: string;
  path: string;
  /** What was said. */
  lines: string[];
  /** Milliseconds of the waits between attempts, none of which was really waited. */
  waits: number[];
  /** Starts it. */
  run(card?: ModelCard, options?: DownloadOptions): ReturnType<typeof downloadModel>;
  /** Runs it, and gives the message it fails with. */
  fail(options?: DownloadOptions): Promise<string>;
  read(): Promise<Buffer>;
  /** Resolves when so many bytes are there; -1: when something has been said. */
  until(bytes: number): Promise<void>;
}

export async function downloadOf(card: ModelCard, shared?: string): Promise<Download> {
  const folder = shared ?? (await temporaryFolder());
  const path = join(folder, card.file);
  const lines: string[] = [];
  const waits: number[] = [];
  let [most, look] = [Number.NEGATIVE_INFINITY, () => {}];
  const seen = (done: number) => {
    most = Math.max(most, done);
    look();
  };
  const report = {
    progress: seen,
    say(line: string) {
      lines.push(line);
      seen(-1);
    },
  };
  const wait = async (ms: number) => void waits.push(ms);
  const run: Download['run'] = (other = card, options = {}) =>
    downloadModel(other, folder, { limits: QUICK, report, wait, ...options });
  return {
    ...{ folder, path, lines, waits, run },
    async fail(options) {
      const error = await run(card, options).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(ModelError);
      expect((error as ModelError).message).not.toContain('\n');
      return (error as ModelError).message;
    },
    read: () => readFile(path),
    until: (bytes) =>
      new Promise((resolve) => {
        look = () => most >= bytes && resolve();
        look();
      }),
  };
}
