// What users have said, as rows for other programs.
import { labels } from '@synset/models/labels';
import { type Cell, csvLine, type FeedbackEntry } from '@synset/shared';
import type { FeedbackRow } from './schemas/feedback.ts';

function categoryAt(index: number) {
  const category = labels[index];
  if (!category) throw new Error(`feedback has category ${index}, the labels do not`);
  return category;
}

function toRow({ predicted, label, sha256, hasPhoto, ...entry }: FeedbackEntry): FeedbackRow {
  const { entry: cursor, id, at, correct, comment, model } = entry;
  return {
    entry: cursor,
    id,
    at,
    correct,
    prediction: { ...categoryAt(predicted.index), score: predicted.score },
    label: label === null ? null : categoryAt(label),
    comment,
    model,
    photo: { sha256, kept: hasPhoto },
  };
}

export const toJsonLines = (entries: readonly FeedbackEntry[]): string =>
  entries.map((entry) => `${JSON.stringify(toRow(entry))}\n`).join('');

const columns: Record<string, (row: FeedbackRow) => Cell> = {
  entry: ({ entry }) => entry,
  id: ({ id }) => id,
  at: ({ at }) => at,
  correct: ({ correct }) => correct,
  predicted_index: ({ prediction }) => prediction.index,
  predicted_synset: ({ prediction }) => prediction.synset,
  predicted_label: ({ prediction }) => prediction.label,
  predicted_score: ({ prediction }) => prediction.score,
  label_index: ({ label }) => label?.index,
  label_synset: ({ label }) => label?.synset,
  label: ({ label }) => label?.label,
  comment: ({ comment }) => comment,
  model: ({ model }) => model.name,
  trained: ({ model }) => model.trained,
  photo_sha256: ({ photo }) => photo.sha256,
  photo_kept: ({ photo }) => photo.kept,
};

export function toCsv(entries: readonly FeedbackEntry[]): string {
  const read = Object.values(columns);
  const lines = entries.map(toRow).map((row) => csvLine(read.map((cell) => cell(row))));
  return csvLine(Object.keys(columns)) + lines.join('');
}
