// Writes the prepared file of an exported one.
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { ModelCard } from './card.ts';
import { explainerPath } from './explainer.ts';
import { sha256Of, writeWhole } from './files.ts';
import { prepareModel, readExport } from './prepare.ts';
import type { Verdict } from './verdict.ts';

export interface Made {
  /** The exported file. */
  exported: string;
  card: ModelCard;
  /** Where the prepared file goes. */
  path: string;
}

/** @throws {ModelError} when the file is not one that the card describes */
export async function makePrepared({ exported, card, path }: Made): Promise<Verdict> {
  const read = readExport(await readFile(exported), card, basename(exported));
  const { input, output, batch, quantized } = read;
  const known = { input, output, quantized, ...(batch === undefined ? {} : { batch }) };
  const made = attempt(() => prepareModel(read, card.normalization));
  if ('reason' in made) return { ...known, prepared: false, explain: false, reason: made.reason };
  await writeWhole(path, made.bytes);
  const { dense } = made;
  if (dense) await writeWhole(explainerPath(path), new Uint8Array(dense.data.buffer));
  const explain = dense ? { explain: true, channels: dense.columns } : { explain: false };
  return { ...known, prepared: true, ...explain, sha256: await sha256Of(path) };
}

/** Whatever goes wrong in preparing is no reason not to serve the model. */
function attempt<T>(work: () => T): T | { reason: string } {
  try {
    return work();
  } catch (error) {
    return { reason: oneLine(error) };
  }
}

function oneLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).replaceAll(/\s+/g, ' ');
}
