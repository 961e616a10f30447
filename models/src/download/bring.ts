// Brings a file from the first address that has it, and checks it before it gets its name.
import { rename, stat } from 'node:fs/promises';
import { sha256Of } from '../files.ts';
import type { Job } from './job.ts';
import { cannotWrite, removePart } from './part.ts';
import type { Source } from './sources.ts';
import { Transfer } from './transfer.ts';
import { Trouble } from './trouble.ts';

/**
 * Only for the process that has the lock.
 * @returns false where the file is there and right already
 * @throws {Trouble} that says of each address why it did not bring the file
 */
export async function bring(sources: Source[], job: Job): Promise<boolean> {
  if (await isRight(job)) return false;
  const reasons: string[] = [];
  for (const source of sources) {
    try {
      await bringFrom(source, job);
      return true;
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      reasons.push(`${source.shown}: ${error.message}`);
      if (job.signal.aborted) break;
    }
  }
  throw new Trouble(reasons.join('; '), { again: false });
}

/** A wrong file stays until the right one takes its place: better than none without a network. */
async function isRight({ path, sha256, report }: Job): Promise<boolean> {
  if (!(await stat(path).catch(() => undefined))) return false;
  if ((await sha256Of(path)) === sha256) return true;
  report.say(`${path} has a wrong checksum: fetching it again`);
  return false;
}

async function bringFrom(source: Source, job: Job): Promise<void> {
  const { part, path, report, sha256 } = job;
  for (;;) {
    const { joined } = await new Transfer(source, job).run();
    const found = await sha256Of(part);
    if (found === sha256) break;
    await removePart(part);
    if (!joined) {
      throw new Trouble(`wrong checksum (sha256 ${found}), deleted`, { again: false });
    }
    // What came first may have been of another file: this address has not yet been tried alone.
    report.say(`${source.shown}: wrong checksum of the joined parts, deleted; starting anew`);
  }
  await rename(part, path).catch((error) => {
    throw cannotWrite(path, error);
  });
}
