// Removes from Redis what a folder has of it, and nothing else.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { FeedbackEntry, FeedbackStore } from '@synset/shared';
import { entriesOf, readEntries } from './entries.ts';
import type { DataFolder } from './folder.ts';

/** Removed at a time: Redis does nothing else meanwhile. */
const AT_ONCE = 100;

export interface Cleared {
  readonly removed: number;
  /** Came or changed after the export. */
  readonly newer: number;
  /** Their photo is not in the folder, though it is known what it shows. */
  readonly withoutPhoto: number;
  /** Their photo is in no folder, as nobody said what it shows. */
  readonly unknown: number;
}

/** @param all also photos of which nobody said what they show */
export async function clearFeedback(
  store: FeedbackStore,
  folder: DataFolder,
  { all, signal }: { all: boolean; signal: AbortSignal },
): Promise<Cleared> {
  const { listed, hasPhoto } = await whatWasExported(folder);
  const cleared = { removed: 0, newer: 0, withoutPhoto: 0, unknown: 0 };
  let gathered: string[] = [];
  const removeGathered = async () => {
    cleared.removed += await store.remove(gathered);
    gathered = [];
  };
  for await (const entry of entriesOf(store)) {
    signal.throwIfAborted();
    if (listed.get(entry.id) !== entry.entry) cleared.newer++;
    else if (!(await hasPhoto(entry)) && !(all && isUnknown(entry)))
      cleared[isUnknown(entry) ? 'unknown' : 'withoutPhoto']++;
    else if (gathered.push(entry.entry) === AT_ONCE) await removeGathered();
  }
  await removeGathered();
  return cleared;
}

const isUnknown = ({ correct, label }: FeedbackEntry): boolean => !correct && label === null;

async function whatWasExported(folder: DataFolder) {
  /** The entry of each prediction, by its ID. */
  const listed = new Map<string, string>();
  const judged = new Set<string>();
  for await (const { id, entry, sha256 } of readEntries(folder.list)) {
    listed.set(id, entry);
    judged.add(sha256);
  }
  const photos = await folder.photos((sha256) => judged.has(sha256));
  const whole = new Map<string, boolean>();
  /** Looked at again: it may be the only copy soon. */
  const isWhole = async (sha256: string): Promise<boolean> => {
    const photo = photos.get(sha256);
    if (!photo) return false;
    const known = whole.get(sha256) ?? (await digestOf(folder.pathOf(photo))) === sha256;
    whole.set(sha256, known);
    return known;
  };
  const hasPhoto = async (entry: FeedbackEntry) => !entry.hasPhoto || (await isWhole(entry.sha256));
  return { listed, hasPhoto };
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
