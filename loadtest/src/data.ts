// Where results are written, and prepared models kept.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const DATA = fileURLToPath(new URL('../../data', import.meta.url));

export const MODEL_DIR = join(DATA, 'models');

/** Writes `data/bench/NAME.json`. */
export async function saveResults(name: string, results: object): Promise<void> {
  await mkdir(join(DATA, 'bench'), { recursive: true });
  await writeFile(join(DATA, 'bench', `${name}.json`), `${JSON.stringify(results, null, 2)}\n`);
}
