// Files that are seen whole or not at all.
import { lstat, rename, rm, writeFile } from 'node:fs/promises';

export type Content = Buffer | AsyncIterable<string>;

/** @param temporary in the same file system, and of no other writer */
export async function writeWhole(path: string, temporary: string, content: Content): Promise<void> {
  try {
    // Written to the disk before it has its name: what it is a copy of may be deleted then.
    await writeFile(temporary, content, { flag: 'wx', flush: true });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** A link counts, even where nothing is at its end. */
export async function exists(path: string): Promise<boolean> {
  return await lstat(path).then(
    () => true,
    () => false,
  );
}
