// Lets one process at a time do a piece of work: what several start together is done once.
//
// It spares work and keeps no promise: two that take over a dead owner's lock in the same moment both
// go on. No harm comes of it, because files are written whole and under names that say what is in them.
import { mkdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { unwritable } from './files.ts';

const POLL_MS = 50;
const BEAT_MS = 1000;
/** An owner that has not touched its lock for so long is gone, on whichever machine it was. */
const STALE_MS = 30_000;

/**
 * Does `work` while this process owns the file `path`; waits while another does.
 * @throws {ModelError} when the folder cannot be written
 */
export async function withLock<T>(
  path: string,
  work: () => Promise<T>,
  staleMs = STALE_MS,
): Promise<T> {
  await acquire(path, staleMs);
  const beat = setInterval(() => void touch(path), BEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    await rm(path, { force: true });
  }
}

async function acquire(path: string, staleMs: number): Promise<void> {
  // Apart from taking the lock: a file where the folder should be is EEXIST too, and no lock.
  await mkdir(dirname(path), { recursive: true }).catch((error) => {
    throw unwritable(path, error);
  });
  // By this process's own clock: the one of a shared folder may differ.
  let seen = { mtimeMs: 0, at: performance.now() };
  while (!(await create(path))) {
    const found = await stat(path).catch(() => undefined);
    if (!found) continue;
    if (found.mtimeMs !== seen.mtimeMs) seen = { mtimeMs: found.mtimeMs, at: performance.now() };
    const silent = performance.now() - seen.at > staleMs;
    if (silent || (await ownerIsDead(path))) await rm(path, { force: true });
    else await sleep(POLL_MS);
  }
}

async function create(path: string): Promise<boolean> {
  try {
    await writeFile(path, `${hostname()} ${process.pid}`, { flag: 'wx' });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw unwritable(path, error);
  }
}

/** Known for processes of this machine only; of others the age of the lock tells. */
async function ownerIsDead(path: string): Promise<boolean> {
  const [host, pid] = (await readFile(path, 'utf8').catch(() => '')).split(' ');
  if (host !== hostname() || !Number(pid)) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    // A process of another user is alive all the same (EPERM).
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
}

async function touch(path: string): Promise<void> {
  const now = new Date();
  await utimes(path, now, now).catch(() => undefined);
}
