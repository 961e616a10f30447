// Files of models: whole or not there at all, and named by their content.
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ModelError } from './error.ts';

/**
 * Writes a file so that no reader ever sees half of it and two writers at once do no harm: to a
 * temporary file in the same folder, which is then renamed. Makes the folder.
 * @throws {ModelError} when the folder cannot be written
 */
export async function writeWhole(path: string, content: Uint8Array): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(temporary, content);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    const reason = error instanceof Error ? error.message : String(error);
    throw new ModelError(
      `cannot write ${path} (${reason}): make the folder writable, or set MODEL_DIR to one that is`,
    );
  }
}

/** The SHA-256 of a file as 64 lower-case hexadecimal digits, read as a stream. */
export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
