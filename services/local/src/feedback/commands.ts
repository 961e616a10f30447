// What each command for feedback does.
import { mkdir } from 'node:fs/promises';
import type { FeedbackStore } from '@synset/shared';
import type { Command } from '../command-line.ts';
import { clearFeedback } from './clear.ts';
import { exportFeedback } from './export.ts';
import { DataFolder } from './folder.ts';

export interface Context {
  store: FeedbackStore;
  print: (text: string) => void;
  /** Aborted by Ctrl-C. */
  signal: AbortSignal;
}

const count = (number: number, what: string): string =>
  `${number} ${what}${number === 1 ? '' : 's'}`;

async function exportInto({ store, print, signal }: Context, path = ''): Promise<void> {
  // Not the folders above it: with those Node does not return from a path below /proc.
  await mkdir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  const outcome = await DataFolder.use(path, (folder) => exportFeedback(store, folder, signal));
  const { entries, photos, added, moved, removed, leftOut } = outcome;
  const categories = new Set([...photos.values()].map(({ index }) => index)).size;
  const changes = [`${added} new`, `${moved} moved`, `${removed} removed`].join(', ');
  print(`${path}: ${count(photos.size, 'photo')} in ${count(categories, 'folder')} (${changes})`);
  print(`${path}/metadata.csv: ${count(entries, 'row')} of feedback`);
  for (const [reason, photos] of leftOut) print(`left out: ${count(photos, 'photo')}: ${reason}`);
}

const clear = async ({ store, print, signal }: Context, path: string, all: boolean) => {
  const options = { all, signal };
  const { removed, newer, withoutPhoto, unknown } = await DataFolder.use(path, async (folder) => {
    if (await folder.hasList()) return await clearFeedback(store, folder, options);
    throw new Error(`${path} holds no feedback`);
  });
  print(`removed from Redis: ${removed}`);
  if (newer > 0) print(`left there, as it is not in ${path} yet: ${newer}`);
  if (withoutPhoto > 0) {
    const why = `the photo is not in ${path}, or not whole`;
    print(`left there, as ${why}: ${withoutPhoto} (export again)`);
  }
  if (unknown > 0) {
    print(`left there, as nobody said what the photo shows: ${unknown} (clear-all removes it)`);
  }
};

export const commands = new Map<string, Command<Context>>([
  [
    'export',
    {
      parameters: ['FOLDER'],
      help: 'bring a folder up to date: photos by category, metadata.csv',
      run: exportInto,
    },
  ],
  [
    'clear',
    {
      parameters: ['FOLDER'],
      help: 'remove from Redis what the folder has',
      run: (context, path = '') => clear(context, path, false),
    },
  ],
  [
    'clear-all',
    {
      parameters: ['FOLDER'],
      help: 'the same, and photos of no known category that were left out',
      run: (context, path = '') => clear(context, path, true),
    },
  ],
]);
