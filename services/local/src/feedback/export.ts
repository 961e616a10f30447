// Brings a folder up to date with what Redis has: its list first, which says what is ours there, then
// the photos, then the table. Ended anywhere in between, the next export goes on.
import type { FeedbackStore } from '@synset/shared';
import { type Entry, entriesOf, readEntries, toLine } from './entries.ts';
import type { DataFolder } from './folder.ts';
import { hear, type Judged } from './judged-photos.ts';
import { type Sorted, sortPhotos } from './sort-photos.ts';
import { HEAD, toRow } from './table.ts';

/** Written at a time: line by line takes longer than all the rest. */
const CHUNK = 64 * 1024;

export interface Outcome extends Sorted {
  /** Pieces of feedback in the table. */
  readonly entries: number;
}

/** @param signal to stop by, between two entries or photos */
export async function exportFeedback(
  store: FeedbackStore,
  folder: DataFolder,
  signal: AbortSignal,
): Promise<Outcome> {
  const { current, withPhoto } = await whatRedisHas(store, signal);
  const judged: Judged = new Map();
  let entries = 0;
  const listed = mapped(merged(store, folder, current), signal, (entry) => {
    entries++;
    hear(judged, entry);
    return toLine(entry);
  });
  await folder.writeList(inChunks(listed));
  const sorted = await sortPhotos({ store, folder, judged, withPhoto, signal });
  const rows = mapped(readEntries(folder.list), signal, (entry) =>
    toRow(entry, sorted.photos.get(entry.sha256)?.file),
  );
  await folder.writeTable(inChunks(rows, HEAD));
  return { entries, ...sorted };
}

interface InRedis {
  /** The entry of each prediction, by its ID. */
  readonly current: Map<string, string>;
  /** SHA-256 of the photos. */
  readonly withPhoto: Set<string>;
}

/** Of each entry only what must be in memory: there may be 100 000, with long comments. */
async function whatRedisHas(store: FeedbackStore, signal: AbortSignal): Promise<InRedis> {
  const found: InRedis = { current: new Map(), withPhoto: new Set() };
  for await (const { id, entry, sha256, hasPhoto } of entriesOf(store)) {
    signal.throwIfAborted();
    found.current.set(id, entry);
    if (hasPhoto) found.withPhoto.add(sha256);
  }
  return found;
}

/**
 * What the folder has, but where Redis has another opinion by now, then what is new in Redis. What
 * Redis has no longer was exported before it was removed there.
 */
async function* merged(
  store: FeedbackStore,
  folder: DataFolder,
  current: Map<string, string>,
): AsyncGenerator<Entry> {
  const listed = new Set<string>();
  if (await folder.hasList()) {
    for await (const entry of readEntries(folder.list)) {
      if ((current.get(entry.id) ?? entry.entry) !== entry.entry) continue;
      listed.add(entry.entry);
      yield entry;
    }
  }
  for await (const entry of entriesOf(store)) {
    // What came while this runs is for the next export.
    if (current.get(entry.id) === entry.entry && !listed.has(entry.entry)) yield entry;
  }
}

async function* mapped(
  entries: AsyncIterable<Entry>,
  signal: AbortSignal,
  toText: (entry: Entry) => string,
): AsyncGenerator<string> {
  for await (const entry of entries) {
    signal.throwIfAborted();
    yield toText(entry);
  }
}

async function* inChunks(lines: AsyncIterable<string>, head = ''): AsyncGenerator<string> {
  let chunk = head;
  for await (const line of lines) {
    chunk += line;
    if (chunk.length < CHUNK) continue;
    yield chunk;
    chunk = '';
  }
  yield chunk;
}
