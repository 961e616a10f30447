// Files of models: whole or not there at all, and named by their content.
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ModelError } from './error.ts';

const TEMPORARY = /\.[0-9a-f]{8}-[0-9a-f-]{27}\.tmp$/;
/** Writing takes seconds: a temporary file of this age belongs to a process that was killed. */
const LEFT_OVER_MS = 60_000;

/**
 * Writes a file so that no reader ever sees half of it and two writers at once do no harm: to a
 * temporary file in the same folder, which is then renamed. Makes the folder.
 * @throws {ModelError} when the folder cannot be written
 */
export async function writeWhole(path: string, content: Uint8Array | string): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(temporary, content);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw unwritable(path, error);
  }
}

export function unwritable(path: string, error: unknown): ModelError {
  const reason = error instanceof Error ? error.message : String(error);
  return new ModelError(
    `cannot write ${path} (${reason}): make the folder writable, or set MODEL_DIR to one that is`,
  );
}

/** Deletes what `writeWhole` of a killed process has left in a folder. */
export async function removeLeftOvers(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter((name) => TEMPORARY.test(name))) {
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined);
    if (!found || Date.now() - found.mtimeMs < LEFT_OVER_MS) continue;
    await rm(path, { force: true }).catch(() => undefined);
  }
}

/** The SHA-256 of a file as 64 lower-case hexadecimal digits, read as a stream. */
export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
}
