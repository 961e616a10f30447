// What photos show by all that was said of them.
import type { Entry } from './entries.ts';

/** Index of the category by SHA-256; null where nobody has named one. */
export type Judged = Map<string, number | null>;

/** The last word counts; that it is wrong, without what is right, only takes back what it denies. */
export function hear(judged: Judged, { sha256, correct, predicted, label }: Entry): void {
  const before = judged.get(sha256) ?? null;
  const named = correct ? predicted.index : label;
  judged.set(sha256, named ?? (before === predicted.index ? null : before));
}
