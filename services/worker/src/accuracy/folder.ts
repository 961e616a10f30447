// The labelled photos of a folder and of all folders in it.
import { open, readdir } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { HEAD_BYTES, sniffFormat } from '@synset/shared';
import { inTurn } from './in-turn.ts';
import { truthOf } from './truth.ts';

export interface Labelled {
  /** From the folder, with slashes. */
  readonly file: string;
  readonly path: string;
  /** Index of the category that it shows. */
  readonly truth: number;
}

export interface Folder {
  readonly photos: Labelled[];
  /** Photos that nothing is known of. */
  readonly withoutTruth: { file: string; reason: string }[];
  /** Files that are no photos of a format that is served. */
  readonly noPhotos: string[];
  /** Files that only the table knows. */
  readonly missing: string[];
}

const FILES_AT_ONCE = 16;

/** @param table of `readTable`, or an empty one */
export async function readFolder(
  folder: string,
  table: ReadonlyMap<string, number>,
): Promise<Folder> {
  const root = resolve(folder);
  const paths = await listFiles(root);
  const found: Folder = { photos: [], withoutTruth: [], noPhotos: [], missing: [] };
  const isPhoto: boolean[] = [];
  await inTurn(paths, FILES_AT_ONCE, async (path, i) => {
    isPhoto[i] = await looksLikePhoto(path);
  });
  for (const [i, path] of paths.entries()) {
    const file = relative(root, path).replaceAll(sep, '/');
    if (!isPhoto[i]) {
      found.noPhotos.push(file);
      continue;
    }
    const truth = truthOf(path, table.get(file));
    if (typeof truth === 'number') found.photos.push({ file, path, truth });
    else found.withoutTruth.push({ file, reason: truth });
  }
  const there = new Set(paths.map((path) => relative(root, path).replaceAll(sep, '/')));
  found.missing.push(...[...table.keys()].filter((file) => !there.has(file)));
  return found;
}

/** In the order of their names, so that two runs are alike. */
async function listFiles(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() || entry.isSymbolicLink())
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort();
}

/** By its first bytes: a name says nothing. What cannot be opened is named when it is its turn. */
async function looksLikePhoto(path: string): Promise<boolean> {
  const file = await open(path).catch(() => null);
  if (!file) return true;
  try {
    if (!(await file.stat()).isFile()) return false;
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES));
    return sniffFormat(buffer.subarray(0, bytesRead)) !== null;
  } finally {
    await file.close();
  }
}
