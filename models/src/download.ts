// Brings the file of a catalogue entry into the model folder: whole and checked, or not at all.
import { mkdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { ModelCard } from './card.ts';
import { bring } from './download/bring.ts';
import { type Job, pause, type Report } from './download/job.ts';
import { LIMITS, type Limits } from './download/limits.ts';
import { untilLocked } from './download/lock.ts';
import { cannotWrite } from './download/part.ts';
import { sourcesOf } from './download/sources.ts';
import { Trouble } from './download/trouble.ts';
import { Watchdog } from './download/watchdog.ts';
import { ModelError } from './error.ts';
import { sha256Of } from './files.ts';

export interface DownloadOptions {
  /** Base URL of a private mirror. Where it is given, no other address is contacted. */
  mirror?: string | undefined;
  /** Breaks it off; what has come stays, and the next download goes on from there. */
  signal?: AbortSignal;
  /** Longest time until the first byte, over all addresses. */
  firstByteMs?: number;
  limits?: Partial<Limits>;
  report?: Report;
  /** Waits between attempts; for tests. */
  wait?: typeof pause;
}

export interface Downloaded {
  path: string;
  /** False where the file was there already. */
  fetched: boolean;
}

/**
 * Any number of processes may do so at once: one downloads, the others wait for it.
 * @throws {ModelError} one line that says what is wrong, and how to bring the file by hand
 * @throws the reason of `signal` when it was aborted
 */
export async function downloadModel(
  card: ModelCard,
  modelDir: string,
  options: DownloadOptions = {},
): Promise<Downloaded> {
  const { signal: user = new AbortController().signal, firstByteMs, mirror } = options;
  const patience = new Watchdog(user);
  const job = { ...planOf(card, modelDir), ...termsOf(options, patience) };
  if (await isThere(job)) return { path: job.path, fetched: false };
  if (firstByteMs !== undefined) patience.expect(firstByteMs, 'no byte');
  try {
    return { path: job.path, fetched: await bringLocked(card, job, mirror) };
  } catch (error) {
    user.throwIfAborted();
    if (error instanceof Trouble) throw unavailable(card, job.path, error.message);
    throw error;
  } finally {
    patience.end();
  }
}

function planOf({ name, file, bytes, sha256 }: ModelCard, modelDir: string) {
  if (bytes === undefined || sha256 === undefined) {
    throw new ModelError(`model ${name} cannot be fetched: its card lacks bytes or sha256`);
  }
  // Nothing is ever written outside the model folder.
  if (basename(file) !== file || file.startsWith('.')) {
    throw new ModelError(`model ${name} cannot be fetched: "${file}" is no plain file name`);
  }
  const path = join(modelDir, file);
  return { path, part: `${path}.part`, bytes, sha256 };
}

function termsOf({ limits, report, wait = pause }: DownloadOptions, patience: Watchdog) {
  return {
    limits: { ...LIMITS, ...limits },
    signal: patience.signal,
    wait,
    report: {
      say: (line: string) => report?.say(line),
      progress(done: number, total: number) {
        patience.rest();
        report?.progress(done, total);
      },
    },
  };
}

/** Asked before anything is locked or made, so that a folder that is only read will do. */
async function isThere({ path, bytes, sha256 }: Job): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.size === bytes && (await sha256Of(path)) === sha256;
}

async function bringLocked(card: ModelCard, job: Job, mirror: string | undefined) {
  const folder = dirname(job.path);
  await mkdir(folder, { recursive: true }).catch((error) => {
    throw cannotWrite(folder, error);
  });
  const free = await untilLocked(join(folder, `.${card.file}.lock`), job);
  try {
    return await bring(sourcesOf(card, mirror), job);
  } finally {
    free();
  }
}

function unavailable({ name, file, urls }: ModelCard, path: string, reason: string): ModelError {
  const from = urls?.length ? `from ${urls.join(' or ')} ` : '';
  return new ModelError(
    `cannot fetch ${name} (${reason}): bring ${file} ${from}into ${resolve(dirname(path))} by hand, or name a mirror by MODEL_URL`,
  );
}
