// Compares a model's file with what its card says of it.
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { catalogue, isTestCard } from './card.ts';
import { ModelError } from './error.ts';
import { sha256Of } from './files.ts';
import { findCard } from './find.ts';
import { isPresent } from './load.ts';

/** The downloaded models of the catalogue that are in the model folder. */
export async function presentModels(modelDir: string): Promise<string[]> {
  const names = catalogue.map(({ name }) => name).filter((name) => !isTestCard(name));
  const present = await Promise.all(names.map((name) => isPresent(name, modelDir)));
  return names.filter((_, i) => present[i]);
}

/**
 * @param model a name in the catalogue, or the path of a JSON card
 * @returns what was compared, in words
 * @throws {ModelError} when the file is not there, or not as the card says
 */
export async function verifyModel(model: string, modelDir: string): Promise<string> {
  const { card, folder } = await findCard(model, modelDir);
  if (isTestCard(card.name)) return `${card.name}: made on this machine, nothing to compare with`;
  const path = resolve(folder, card.file);
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) throw new ModelError(`${path} is not there`);
  if (card.bytes !== undefined && found.size !== card.bytes) {
    throw new ModelError(`${path} has ${found.size} bytes, ${card.bytes} are expected`);
  }
  if (card.sha256 === undefined) return `${path}: there, with no sha256 to compare with`;
  const sha256 = await sha256Of(path);
  if (sha256 === card.sha256) return `${path}: sha256 as expected`;
  throw new ModelError(`${path} has sha256 ${sha256}, ${card.sha256} is expected`);
}
