// The weights of the dense layer in a file of their own: float32, one row a category.
import { readFile, stat } from 'node:fs/promises';
import type { PreparedModel } from './load.ts';

export interface Explainer {
  /** [classes, channels]. */
  weights: Float32Array;
  classes: number;
  channels: number;
}

const CLASSES = 1000;

export const explainerPath = (prepared: string): string => `${prepared}.dense`;

/** Whether the file beside a prepared model is there and whole. */
export async function hasExplainer(prepared: string, channels: number): Promise<boolean> {
  const found = await stat(explainerPath(prepared)).catch(() => undefined);
  return found?.size === 4 * CLASSES * channels;
}

/** Reads what the class activation maps of a model are made with; undefined where it has none. */
export async function readExplainer(model: PreparedModel): Promise<Explainer | undefined> {
  if (!model.explainer) return undefined;
  const { path, channels } = model.explainer;
  // A copy: a small file's buffer may share its memory with others.
  const { buffer } = Uint8Array.from(await readFile(path));
  return { weights: new Float32Array(buffer), classes: CLASSES, channels };
}
