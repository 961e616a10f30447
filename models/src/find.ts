// Finds the card that a word stands for, and the folder that its file belongs in.
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { catalogue, inCatalogue, type ModelCard, parseCard } from './card.ts';
import { ModelError } from './error.ts';

export interface Found {
  card: ModelCard;
  folder: string;
}

/**
 * @param model a name in the catalogue, whose file belongs in `modelDir`; or the path of a JSON
 * card, whose file belongs beside it
 * @throws {ModelError} when it is neither
 */
export async function findCard(model: string, modelDir: string): Promise<Found> {
  const card = inCatalogue(model);
  if (card) return { card, folder: modelDir };
  const text = await readFile(model, 'utf8').catch(() => {
    const names = catalogue.map(({ name }) => name).join(', ');
    throw new ModelError(
      `no model "${model}": name one of the catalogue (${names}) or the path of a JSON model card`,
    );
  });
  return { card: parseCard(text, model), folder: dirname(model) };
}
