// Puts each photo into the folder of what it shows.
import { createHash } from 'node:crypto';
import { type FeedbackStore, sniffFormat } from '@synset/shared';
import type { DataFolder, Placed } from './folder.ts';
import type { Judged } from './judged-photos.ts';

type Change = 'added' | 'moved' | 'removed';

export interface Sorted extends Readonly<Record<Change, number>> {
  /** Those that lie in the folder, by SHA-256. */
  readonly photos: ReadonlyMap<string, Placed>;
  /** How many are not there, or not where they should be, by why. */
  readonly leftOut: ReadonlyMap<string, number>;
}

interface Work {
  readonly store: FeedbackStore;
  readonly folder: DataFolder;
  readonly judged: Judged;
  /** SHA-256 of the photos that Redis has. */
  readonly withPhoto: ReadonlySet<string>;
  readonly signal: AbortSignal;
}

const NOT_KEPT = 'was left with no feedback';
const NO_CATEGORY = 'nobody has named its category';
const TAKEN_BACK = 'stays where it was: said to show something else, but nobody has named what';
const GONE = 'is no longer in Redis';
const DAMAGED = 'is not what it was when it was judged';
const OCCUPIED = 'something else has its place in the folder';

/** Where a photo lies now, and what was done to it, or why nothing. */
interface Step {
  readonly photo: Placed | null;
  readonly change?: Change;
  readonly reason?: string;
}

export async function sortPhotos(work: Work): Promise<Sorted> {
  const { folder, judged, signal } = work;
  const photos = await folder.photos((sha256) => judged.has(sha256));
  const sorted = { photos, added: 0, moved: 0, removed: 0, leftOut: new Map<string, number>() };
  for (const [sha256, index] of judged) {
    signal.throwIfAborted();
    const before = photos.get(sha256);
    const { photo, change, reason } = before
      ? await place(work, sha256, before, index)
      : await fetchPhoto(work, sha256, index);
    if (photo) photos.set(sha256, photo);
    else photos.delete(sha256);
    if (change) sorted[change]++;
    if (reason) sorted.leftOut.set(reason, (sorted.leftOut.get(reason) ?? 0) + 1);
  }
  return sorted;
}

/** One that lies in the folder already. */
async function place(
  work: Work,
  sha256: string,
  photo: Placed,
  index: number | null,
): Promise<Step> {
  if (index === photo.index) return { photo };
  if (index === null) return await takeBack(work, sha256, photo);
  const moved = await work.folder.move(photo, index);
  return moved ? { photo: moved, change: 'moved' } : { photo, reason: OCCUPIED };
}

/** The only copy of a photo is never deleted. */
async function takeBack({ folder, withPhoto }: Work, sha256: string, photo: Placed): Promise<Step> {
  if (!withPhoto.has(sha256)) return { photo, reason: TAKEN_BACK };
  await folder.remove(photo);
  return { photo: null, change: 'removed' };
}

async function fetchPhoto(work: Work, sha256: string, index: number | null): Promise<Step> {
  const { store, folder, withPhoto } = work;
  if (!withPhoto.has(sha256)) return { photo: null, reason: NOT_KEPT };
  if (index === null) return { photo: null, reason: NO_CATEGORY };
  const bytes = await store.photo(sha256);
  if (!bytes) return { photo: null, reason: GONE };
  const format = sniffFormat(bytes);
  if (!format || sha256Of(bytes) !== sha256) return { photo: null, reason: DAMAGED };
  const added = await folder.add(index, sha256, format, bytes);
  return added ? { photo: added, change: 'added' } : { photo: null, reason: OCCUPIED };
}

const sha256Of = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
