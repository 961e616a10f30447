// The file that a download grows in, beside the place where it will lie.
import { type FileHandle, open, rm, stat } from 'node:fs/promises';
import { ModelError } from '../error.ts';

/** How many bytes are there already. */
export async function sizeOf(path: string): Promise<number> {
  const found = await stat(path).catch(() => undefined);
  return found?.size ?? 0;
}

/** Opens it for appending; `anew` empties it first. */
export async function openPart(path: string, anew: boolean): Promise<FileHandle> {
  try {
    return await open(path, anew ? 'w' : 'a');
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

export async function append(part: FileHandle, path: string, chunk: Uint8Array): Promise<void> {
  try {
    await part.writeFile(chunk);
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

export const removePart = (path: string): Promise<void> => rm(path, { force: true });

export function cannotWrite(path: string, error: unknown): ModelError {
  const { code, message } = error as NodeJS.ErrnoException;
  return new ModelError(
    code === 'ENOSPC' || code === 'EDQUOT'
      ? `the disk is full: cannot write ${path}; make room, or set MODEL_DIR to a folder that has some`
      : `cannot write ${path} (${message}): make the folder writable, or set MODEL_DIR to one that is`,
  );
}
