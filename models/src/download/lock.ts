// One process at a time brings a file; the system frees the lock of one that has died.
import { DatabaseSync } from 'node:sqlite';
import { ModelError } from '../error.ts';
import type { Job } from './job.ts';
import { sizeOf } from './part.ts';

const SQLITE_BUSY = 5;

/**
 * Takes the lock, or gives undefined while another process (or another caller in this one) has it.
 *
 * Node has no flock of its own, but its SQLite has: a transaction on an empty file. Unlike a file
 * whose existence is the lock it needs no guess at whether its owner is still alive. The file
 * stays, since removing it would free those who wait to lock two different files of one name.
 * @returns frees the lock
 * @throws {ModelError} when the lock file cannot be made
 */
function tryLock(path: string): (() => void) | undefined {
  let file: DatabaseSync | undefined;
  try {
    file = new DatabaseSync(path, { timeout: 0 });
    file.exec('BEGIN EXCLUSIVE');
    return () => file?.close();
  } catch (error) {
    file?.close();
    const { errcode, message } = error as { errcode?: number; message: string };
    // The low byte is the kind of error, the others say more of it.
    if (((errcode ?? 0) & 0xff) === SQLITE_BUSY) return undefined;
    throw new ModelError(
      `cannot lock ${path} (${message}): make the folder writable, or set MODEL_DIR to one that is`,
    );
  }
}

/** Waits for the lock, and shows meanwhile how the part grows that another process works on. */
export async function untilLocked(path: string, job: Job): Promise<() => void> {
  const { bytes, limits, part, report, signal, wait } = job;
  for (let size = -1; ; ) {
    const free = tryLock(path);
    if (free) return free;
    if (size < 0) report.say('another process is fetching it: waiting for that');
    const before = size;
    size = await sizeOf(part);
    if (before >= 0 && size > before) report.progress(size, bytes);
    await wait(limits.lookAgainMs, signal);
  }
}
