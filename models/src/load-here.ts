// From a model's name to the prepared file that a session loads, step by step.
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { catalogue, inCatalogue, isTestCard, type ModelCard, parseCard } from './card.ts';
import { ModelError } from './error.ts';
import { explainerPath } from './explainer.ts';
import { removeLeftOvers, sha256Of } from './files.ts';
import type { PreparedModel } from './load.ts';
import { PREPARATION_VERSION } from './prepare.ts';
import { prepareOnce } from './prepare-once.ts';
import { makeTestCard } from './testcard/make.ts';

/** What `loadModel` does, in this thread. */
export async function loadModelHere(
  model: string,
  modelDir: string,
  check?: string,
): Promise<PreparedModel> {
  await removeLeftOvers(modelDir);
  const { card, path: exported } = await findModel(model, modelDir);
  const sha256 = await checkFile(exported, card, modelDir);
  const folder = join(modelDir, 'prepared');
  await removeLeftOvers(folder);
  const path = join(folder, preparedName(sha256, card));
  const { prepared, ...verdict } = await prepareOnce({ exported, card, path, check });
  const { input, output, batch, explain, channels, reason } = verdict;
  const canExplain = prepared && explain && channels !== undefined;
  return {
    card,
    sha256,
    path: prepared ? path : exported,
    prepared,
    explain: canExplain,
    exported: { path: exported, input, output },
    ...(canExplain ? { explainer: { path: explainerPath(path), channels } } : {}),
    ...(reason === undefined ? {} : { reason }),
    ...(batch === undefined ? {} : { batch }),
  };
}

/** Checks size and checksum, and gives the latter. */
async function checkFile(exported: string, card: ModelCard, modelDir: string): Promise<string> {
  const { size } = await statOf(exported, card, modelDir);
  const mend = isOwn(card) ? '' : ', or correct the model card';
  if (card.bytes !== undefined && size !== card.bytes) {
    throw new ModelError(
      `${exported} has ${size} bytes, ${card.bytes} are expected ("bytes"): delete it and fetch it again${mend}`,
    );
  }
  const sha256 = await sha256Of(exported);
  if (card.sha256 !== undefined && sha256 !== card.sha256) {
    throw new ModelError(
      `${exported} has sha256 ${sha256}, ${card.sha256} is expected ("sha256"): delete it and fetch it again${mend}`,
    );
  }
  return sha256;
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
  const from = card.urls ? `download it from ${card.urls.join(' or ')}` : 'copy it there';
  throw new ModelError(
    isOwn(card)
      ? `${card.file} is not in the model folder ${resolve(modelDir)}: ${from} into that folder, or set MODEL=testcard to run without trained weights`
      : `the file ${path} of model card "${card.name}" is not there: ${from}, or correct "file" in the card`,
  );
}

/** Whether a card is one of the catalogue's. */
const isOwn = (card: ModelCard): boolean => inCatalogue(card.name) === card;

/** Differs by all that the prepared file depends on. */
function preparedName(sha256: string, { input, output, normalization }: ModelCard): string {
  const options = JSON.stringify([input, output, normalization.mean, normalization.std]);
  const hash = createHash('sha256').update(options).digest('hex').slice(0, 8);
  return `${sha256}-${PREPARATION_VERSION}-${hash}.onnx`;
}
