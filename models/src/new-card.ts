// Writes the model card of a user's own export, as far as the file says what belongs in it.
import { readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { IMAGENET } from './card.ts';
import { ModelError } from './error.ts';
import { sha256Of } from './files.ts';
import { decodeModel, findInput, findOutput, realInputs } from './graph.ts';
import type { Graph } from './onnx.ts';

/**
 * @returns the path of the card, beside the file
 * @throws {ModelError} when the file cannot be served, or there is a card already
 */
export async function writeCardOf(path: string): Promise<string> {
  const file = basename(path);
  const bytes = await readModel(path);
  const { graph } = decodeModel(bytes, file);
  const name = file.replace(/\.onnx$/i, '');
  const input = findInput(graph, realInputs(graph)[0]?.name ?? '', file).name;
  const card = {
    ...{ name, file, trained: true, bytes: bytes.length, sha256: await sha256Of(path) },
    ...{ input, output: classesOf(graph, file), normalization: IMAGENET },
  };
  const cardPath = join(dirname(path), `${name}.json`);
  // What someone has written by hand is not overwritten.
  await writeFile(cardPath, `${JSON.stringify(card, null, 2)}\n`, { flag: 'wx' }).catch((error) => {
    throw new ModelError(
      error.code === 'EEXIST'
        ? `${cardPath} is there already: change it, or remove it and try again`
        : `cannot write ${cardPath} (${error.message})`,
    );
  });
  return cardPath;
}

export async function readModel(path: string): Promise<Uint8Array> {
  return readFile(path).catch((error) => {
    throw new ModelError(`cannot read ${path} (${error.message})`);
  });
}

/** The only output with 1000 numbers a photo; where there is none, says what is there. */
function classesOf(graph: Graph, file: string): string {
  const fitting = (graph.output ?? []).flatMap(({ name }) => {
    try {
      return [findOutput(graph, name ?? '', file).name];
    } catch {
      return [];
    }
  });
  const [only] = fitting;
  return fitting.length === 1 && only ? only : findOutput(graph, undefined, file).name;
}
