// The weights of the dense layer in a file of their own: float32, one row a category.
import { readFile, stat } from 'node:fs/promises';
import type { PreparedModel } from './load.ts';

export interface Explainer {
  /** [classes, channels], in memory that threads share. */
  weights: Float32Array<SharedArrayBuffer>;
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
export async function readExplainer(
  file: PreparedModel['explainer'],
): Promise<Explainer | undefined> {
  if (!file) return undefined;
  const { path, channels } = file;
  const bytes = await readFile(path);
  const shared = new SharedArrayBuffer(bytes.length);
  new Uint8Array(shared).set(bytes);
  return { weights: new Float32Array(shared), classes: CLASSES, channels };
}
