// Models by name: whether one is there, and the prepared file of one.
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { inCatalogue, isTestCard, type ModelCard } from './card.ts';
import { runInThread } from './thread.ts';

export interface PreparedModel {
  card: ModelCard;
  /** Of the exported file: 64 hexadecimal digits. */
  sha256: string;
  /** The ONNX file that a session loads. */
  path: string;
  /** False where that file is the exported one: whoever runs it must normalize itself. */
  prepared: boolean;
  /** Why it is not prepared. */
  reason?: string;
  /** The exported file, its input and its output. */
  exported: { path: string; input: string; output: string };
  /** Whether the prepared file has the output `feature_map`, and so class activation maps. */
  explain: boolean;
  /** The dense layer's weights, for `readExplainer`. */
  explainer?: { path: string; channels: number };
  /** Set where the graph takes batches of exactly this size. */
  batch?: number;
}

export interface LoadOptions {
  /** URL of a module that exports a `Check`: compares what is prepared with what was exported. */
  check?: URL;
}

/**
 * Finds the model that `model` names, makes it if it is a test card, checks it and prepares it.
 * Any number of processes may do so at once; what is there already is reused.
 *
 * Runs in a thread that ends with it, so that a process that lives for months stays small.
 * @param model a name in the catalogue, or the path of a JSON card, whose `file` is relative to it
 * @param modelDir holds the exported files and, in `prepared/`, what is made of them
 * @throws {ModelError} one line that says what is wrong and what to do
 */
export async function loadModel(
  model: string,
  modelDir: string,
  { check }: LoadOptions = {},
): Promise<PreparedModel> {
  const script = new URL('./load-thread.ts', import.meta.url);
  return await runInThread(script, { model, modelDir, check: check?.href });
}

/** Whether the file of a catalogue entry lies in `modelDir`; test cards can always be made. */
export async function isPresent(model: string, modelDir: string): Promise<boolean> {
  if (isTestCard(model)) return true;
  const card = inCatalogue(model);
  return card !== undefined && (await exists(join(modelDir, card.file)));
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
