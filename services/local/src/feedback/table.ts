// The data set's table: a row for each piece of feedback, as RFC 4180 has it.
import { labels } from '@synset/models/labels';
import type { Entry } from './entries.ts';

const COLUMNS = [
  'file_name', // as loaders of image folders call it
  'entry',
  'id',
  'at',
  'correct',
  'predicted_index',
  'predicted_synset',
  'predicted_label',
  'score',
  'index',
  'synset',
  'label',
  'comment',
  'model',
  'trained',
  'sha256',
];

/** What a spreadsheet takes for a formula, and would run. */
const FORMULA = /^[=+\-@\t\r]/;

export const HEAD = toCsv(COLUMNS);

/** @param file where the photo lies, from the data set's folder */
export function toRow(entry: Entry, file = ''): string {
  const { correct, predicted, model } = entry;
  return toCsv([
    ...[file, entry.entry, entry.id, entry.at, correct],
    ...[...category(predicted.index), predicted.score],
    ...category(correct ? predicted.index : entry.label),
    ...[entry.comment ?? '', model.name, model.trained, entry.sha256],
  ]);
}

function category(index: number | null): (string | number)[] {
  const found = index === null ? undefined : labels[index];
  return found ? [found.index, found.synset, found.label] : ['', '', ''];
}

function toCsv(cells: readonly (string | number | boolean)[]): string {
  const texts = cells.map((cell) =>
    typeof cell === 'string' && FORMULA.test(cell) ? `'${cell}` : `${cell}`,
  );
  const quoted = texts.map((text) =>
    /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text,
  );
  return `${quoted.join(',')}\r\n`;
}
