// The photos of a load test: many small ones, some of a few megapixels, a few as large as phones make them.
import { stat } from 'node:fs/promises';
import { makePhotos, type SizeName, sizes } from '../photos.ts';
import type { PhotoShare } from './results.ts';

/** 8 : 3 : 1, the large ones far apart. */
const TURN: readonly SizeName[] = [
  ...(['imagenet', 'imagenet', 'mp2', 'imagenet', 'imagenet', 'mp12'] as const),
  ...(['imagenet', 'mp2', 'imagenet', 'imagenet', 'mp2', 'imagenet'] as const),
];

export interface Mix {
  /** Files, in the order in which they are posted, again and again. */
  readonly photos: readonly string[];
  /** About 100 kB each. */
  readonly small: readonly string[];
  readonly shares: readonly PhotoShare[];
}

export async function makeMix(folder: string): Promise<Mix> {
  const names: readonly SizeName[] = ['imagenet', 'mp2', 'mp12'];
  const made = {} as Record<SizeName, string[]>;
  for (const name of names) made[name] = await makePhotos(folder, name);
  const shares = await Promise.all(names.map((name) => shareOf(name, made[name])));
  // As often as there are photos of a size, so that each of them comes with each size.
  const turns = Array.from(made.imagenet, () => TURN).flat();
  const used = { imagenet: 0, mp2: 0, mp12: 0 };
  const photos = turns.map((name) => {
    const files = made[name];
    return files[used[name]++ % files.length] as string;
  });
  return { photos, small: made.imagenet, shares };
}

async function shareOf(name: SizeName, files: readonly string[]): Promise<PhotoShare> {
  const bytes = await Promise.all(files.map(async (file) => (await stat(file)).size));
  const mean = bytes.reduce((sum, size) => sum + size, 0) / bytes.length;
  const share = TURN.filter((one) => one === name).length / TURN.length;
  return { name: sizes[name].name, share, kb: Math.round(mean / 1000) };
}
