// Files that are seen whole or not at all.
import { lstat, open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

export type Content = Buffer | AsyncIterable<string>;

/** @param temporary in the same file system, and of no other writer */
export async function writeWhole(path: string, temporary: string, content: Content): Promise<void> {
  try {
    // On the disk, and its name too, when this is over: what it is a copy of may be deleted then.
    await writeFile(temporary, content, { flag: 'wx', flush: true });
    await rename(temporary, path);
    await using folder = await open(dirname(path));
    await folder.sync();
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
