// The results as Markdown, for the terminal and for a file.
import { labels } from '@synset/models';
import type { Run } from './classify.ts';
import type { Comparison, Difference } from './comparison.ts';
import type { Figures, Mistaken, Share } from './figures.ts';
import type { Folder } from './folder.ts';

/** Longest list of files; the JSON file has all of them. */
const MOST = 20;

const table = (head: string[], rows: (string | number)[][]): string =>
  [head, head.map(() => '---'), ...rows]
    .map((row) => `| ${row.map(cell).join(' | ')} |`)
    .join('\n');

const cell = (value: string | number): string => `${value}`.replaceAll('|', '\\|');

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const signed = (value: number, digits = 0): string =>
  `${value > 0 ? '+' : ''}${value.toFixed(digits)}`;

const counted = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;

/** Two categories are called "crane", so the synset stands beside the label. */
function category(index: number): string {
  const { label, synset } = labels[index] ?? { label: '?', synset: '?' };
  return `${label} (${synset})`;
}

export const nameOf = ({ model, decoder }: Pick<Run, 'model' | 'decoder'>): string =>
  `${model.name}-${decoder}`;

export function runReport(run: Run, figures: Figures, worst: readonly Mistaken[]): string {
  const parts = [`# Accuracy of ${run.model.name}`, settings(run), figureTable(run, figures)];
  if (worst.length > 0) parts.push('## Most often mistaken', worstTable(worst));
  if (run.unreadable.length > 0) {
    const rows = run.unreadable.map(({ file, code, detail }) => [file, code, detail]);
    parts.push(...list('could not be read', ['file', 'code', 'detail'], rows));
  }
  return parts.join('\n\n');
}

function settings({ model, decoder, sessions, threads, providers }: Run): string {
  const form = model.prepared ? 'prepared' : 'as exported';
  const where = `${sessions} x ${counted(threads, 'thread')} on ${providers.join(', ')}`;
  const trained = model.trained ? [] : ['**a test card, not a trained model**'];
  return [`SHA-256 ${model.sha256}`, ...trained, form, `decoder ${decoder}`, where].join('; ');
}

const figureTable = ({ answers, seconds }: Run, figures: Figures): string =>
  table(
    ['', `of ${counted(figures.photos, 'photo')}`, '95 % interval'],
    [
      ['top-1', ...share(figures.top1)],
      ['top-5', ...share(figures.top5)],
      ['mean probability of the truth', figures.meanProbability.toFixed(4), ''],
      ['photos a second', (answers.length / seconds).toFixed(1), ''],
    ],
  );

const share = ({ count, share, from, to }: Share): string[] => [
  `${count} (${percent(share)})`,
  `${percent(from)} to ${percent(to)}`,
];

function worstTable(worst: readonly Mistaken[]): string {
  const rows = worst.map(({ truth, photos, wrong, answers }) => {
    const mistakenFor = answers
      .slice(0, 3)
      .map(({ index, count }) => `${count} ${category(index)}`);
    return [category(truth), photos, wrong, mistakenFor.join(', ')];
  });
  return table(['truth', 'photos', 'wrong', 'most frequent wrong answers'], rows);
}

/** What was left out, and why. Empty when nothing was. */
export function folderReport({ withoutTruth, noPhotos, missing }: Folder): string {
  const parts: string[] = [];
  if (withoutTruth.length > 0) {
    const rows = withoutTruth.map(({ file, reason }) => [file, reason]);
    parts.push(...list('left out: nothing tells what they show', ['file', 'reason'], rows));
  }
  if (missing.length > 0) {
    const rows = missing.map((file) => [file]);
    parts.push(...list('only in the table, not in the folder', ['file'], rows));
  }
  if (noPhotos.length > 0)
    parts.push(`Left out: ${counted(noPhotos.length, 'file')} of no photo format`);
  return parts.join('\n\n');
}

/** A title with a table of the first. */
function list(title: string, head: string[], rows: string[][]): string[] {
  const more = rows.length - MOST;
  const parts = [`## ${counted(rows.length, 'photo')} ${title}`, table(head, rows.slice(0, MOST))];
  return more > 0 ? [...parts, `and ${more} more, in the JSON file`] : parts;
}

export function comparisonReport(one: Run, other: Run, found: Comparison): string {
  const [name, otherName] = [nameOf(one), nameOf(other)];
  const parts = [`# ${otherName} against ${name}`, differenceTable(name, otherName, found)];
  if (found.different.length === 0) parts.push('The best category of all photos is the same.');
  else {
    const head = ['file', 'truth', name, otherName];
    const rows = found.different.map(differenceRow);
    parts.push(...list('with another best category', head, rows));
  }
  const only = (files: readonly string[], by: string) => {
    const rows = files.map((file) => [file]);
    if (rows.length > 0) parts.push(...list(`that only ${by} can read`, ['file'], rows));
  };
  only(found.onlyOne, name);
  only(found.onlyOther, otherName);
  return parts.join('\n\n');
}

function differenceTable(name: string, otherName: string, found: Comparison): string {
  const { one, other } = found;
  const probability = ({ meanProbability }: Figures) => meanProbability.toFixed(4);
  return table(
    [`of ${counted(one.photos, 'photo')}`, name, otherName, 'difference'],
    [
      ['top-1', one.top1.count, other.top1.count, signed(found.top1)],
      ['top-5', one.top5.count, other.top5.count, signed(found.top5)],
      [
        'mean probability of the truth',
        probability(one),
        probability(other),
        signed(found.meanProbability, 4),
      ],
    ],
  );
}

const differenceRow = ({ file, truth, one, other }: Difference): string[] => [
  file,
  category(truth),
  ...[one, other].map(({ index, score }) => `${category(index)} ${score.toFixed(3)}`),
];
