// From a model's name to the prepared file that a session loads, step by step.
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { catalogue, inCatalogue, isTestCard, type ModelCard, parseCard } from './card.ts';
import { ModelError } from './error.ts';
import { sha256Of, writeWhole } from './files.ts';
import type { PreparedModel } from './load.ts';
import { describePrepared, PREPARATION_VERSION, prepareModel } from './prepare.ts';
import { makeTestCard } from './testcard/make.ts';

/** What `loadModel` does, in this thread. */
export async function loadModelHere(model: string, modelDir: string): Promise<PreparedModel> {
  const { card, path: exported } = await findModel(model, modelDir);
  const { size } = await statOf(exported, card, modelDir);
  if (card.bytes !== undefined && size !== card.bytes) {
    throw new ModelError(
      `${exported} has ${size} bytes, ${card.bytes} are expected: delete it and fetch it again`,
    );
  }
  const sha256 = await sha256Of(exported);
  if (card.sha256 !== undefined && sha256 !== card.sha256) {
    throw new ModelError(
      `${exported} has sha256 ${sha256}, ${card.sha256} is expected: delete it and fetch it again`,
    );
  }
  const path = join(modelDir, 'prepared', preparedName(sha256, card));
  return { card, sha256, path, ...(await prepareOnce(exported, card, path)) };
}

async function findModel(model: string, modelDir: string) {
  const card = inCatalogue(model);
  if (!card) return findByCard(model);
  const path = isTestCard(model) ? await makeTestCard(model, modelDir) : join(modelDir, card.file);
  return { card, path };
}

async function findByCard(path: string) {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    const names = catalogue.map(({ name }) => name).join(', ');
    throw new ModelError(
      `no model "${path}": name one of the catalogue (${names}) or the path of a JSON model card`,
    );
  }
  const card = parseCard(text, path);
  return { card, path: resolve(dirname(path), card.file) };
}

async function statOf(path: string, card: ModelCard, modelDir: string) {
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile()) return found;
  const own = inCatalogue(card.name) === card;
  const from = card.urls ? `download it from ${card.urls.join(' or ')}` : 'copy it there';
  throw new ModelError(
    own
      ? `${card.file} is not in the model folder ${resolve(modelDir)}: ${from} into that folder, or set MODEL=testcard to run without trained weights`
      : `the file ${path} of model card "${card.name}" is not there: ${from}, or correct "file" in the card`,
  );
}

/** Differs by all that the prepared file depends on. */
function preparedName(sha256: string, { input, output, normalization }: ModelCard): string {
  const options = JSON.stringify([input, output, normalization.mean, normalization.std]);
  const hash = createHash('sha256').update(options).digest('hex').slice(0, 8);
  return `${sha256}-${PREPARATION_VERSION}-${hash}.onnx`;
}

async function prepareOnce(exported: string, card: ModelCard, path: string) {
  const there = await readFile(path).catch(() => undefined);
  const known = there && describePrepared(there);
  if (known) return known;
  const prepared = prepareModel(await readFile(exported), card, basename(exported));
  await writeWhole(path, prepared);
  return describePrepared(prepared) ?? { explain: false };
}
