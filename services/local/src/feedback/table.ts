// The data set's table: a row for each piece of feedback, with the file of its photo and what it shows.
import { labels } from '@synset/models/labels';
import { type Cell, csvLine } from '@synset/shared';
import type { Entry } from './entries.ts';

export const HEAD = csvLine([
  'file_name', // as loaders of image folders call it
  'entry',
  'id',
  'at',
  'correct',
  'predicted_index',
  'predicted_synset',
  'predicted_label',
  'predicted_score',
  'label_index',
  'label_synset',
  'label',
  'comment',
  'model',
  'trained',
  'photo_sha256',
]);

/** @param file where the photo lies, from the data set's folder */
export function toRow(entry: Entry, file?: string): string {
  const { correct, predicted, model } = entry;
  return csvLine([
    ...[file, entry.entry, entry.id, entry.at, correct],
    ...[...category(predicted.index), predicted.score],
    ...category(correct ? predicted.index : entry.label),
    ...[entry.comment, model.name, model.trained, entry.sha256],
  ]);
}

function category(index: number | null): Cell[] {
  const found = index === null ? undefined : labels[index];
  return [found?.index, found?.synset, found?.label];
}
