// What a photo shows, told by whoever labelled it: in a table, in its file name or its folder's.
import { basename, dirname } from 'node:path';
import { type Category, labels } from '@synset/models';

/** Index of the category, or why there is none. */
export type Truth = number | string;

const SYNSET = /(?<![a-z0-9])n\d{8}(?!\d)/i;

/** `Granny_Smith` and `granny smith` are one label. */
const plainText = (label: string): string =>
  label
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, ' ')
    .trim();

const bySynset = new Map(labels.map(({ index, synset }) => [synset, index]));
const byLabel = Map.groupBy(labels, ({ label }) => plainText(label));

/** The category that a synset or a label names. */
function named(word: string): Truth {
  const index = bySynset.get(word.toLowerCase());
  if (index !== undefined) return index;
  const [first, ...more] = byLabel.get(plainText(word)) ?? [];
  if (!first) return `"${word}" is no synset and no label of the 1000 categories`;
  if (more.length === 0) return first.index;
  const synsets = [first, ...more].map(({ synset }: Category) => synset).join(' or ');
  return `"${word}" is the label of several categories: name ${synsets}`;
}

/** The category that a table names: by index, synset or label. */
export function truthOfWord(word: string): Truth {
  if (!/^\d+$/.test(word)) return named(word);
  return Number(word) < labels.length ? Number(word) : `there is no category ${word}`;
}

/**
 * @param path absolute, so that the folder of a photo has a name
 * @param table of `readTable`: it goes before all names
 */
export function truthOf(path: string, fromTable: number | undefined): Truth {
  if (fromTable !== undefined) return fromTable;
  const synset = SYNSET.exec(basename(path))?.[0].toLowerCase();
  const index = synset && bySynset.get(synset);
  if (index !== undefined && index !== '') return index;
  // No index here: folders are numbered for many reasons.
  const truth = named(basename(dirname(path)));
  return typeof truth === 'string' && synset ? `${synset} is none of the 1000 synsets` : truth;
}
