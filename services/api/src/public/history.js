// What this visit has brought so far, in a line and as a table to take away.
import { at, write } from './dom.js';
import { count } from './format.js';

const columns = {
  file: ({ file }) => file.name,
  state: ({ state }) => state,
  prediction: ({ answer }) => answer?.prediction,
  score: ({ answer }) => answer?.score,
  confident: ({ answer }) => answer?.confident,
  index: ({ answer }) => answer?.predictions[0].index,
  synset: ({ answer }) => answer?.predictions[0].synset,
  others: ({ answer }) =>
    answer?.predictions
      .slice(1)
      .map((p) => `${p.label} ${p.score}`)
      .join('; '),
  verdict: ({ verdict }) => verdict && (verdict.correct ? 'right' : 'wrong'),
  label: ({ verdict }) => verdict?.label,
  comment: ({ verdict }) => verdict?.comment,
  width: ({ answer }) => answer?.image.width,
  height: ({ answer }) => answer?.image.height,
  bytes: ({ file }) => file.size,
  sha256: ({ answer }) => answer?.image.sha256,
  cached: ({ answer }) => answer?.cached,
  queueMs: ({ answer }) => answer?.timings.queueMs,
  decodeMs: ({ answer }) => answer?.timings.decodeMs,
  inferenceMs: ({ answer }) => answer?.timings.inferenceMs,
  totalMs: ({ answer }) => answer?.timings.totalMs,
  model: ({ answer }) => answer?.model.name,
  trained: ({ answer }) => answer?.model.trained,
  problem: ({ problem }) => problem?.code,
  detail: ({ problem }) => problem?.detail,
  id: ({ answer }) => answer?.id,
};

function cell(value) {
  const text = String(value ?? '');
  // A spreadsheet would run what begins like a formula.
  const safe = /^[=+\-@\t\r]/.test(text) && typeof value === 'string' ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function toCsv(photos) {
  const rows = photos.map((photo) => Object.values(columns).map((read) => cell(read(photo))));
  return [Object.keys(columns), ...rows].map((row) => `${row.join(',')}\r\n`).join('');
}

export function save(name, text) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'text/csv' }));
  link.download = name;
  link.click();
  // The browser takes it after this task.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** `again`: those worth another try. */
export function drawHistory(photos, again) {
  const number = (state) => photos.filter((photo) => photo.state === state).length;
  const held = photos.find((photo) => photo.state === 'waiting' && photo.again)?.again;
  const open = number('waiting') + number('sending');
  const parts = [
    `${number('done')} of ${photos.length} answered`,
    number('problem') > 0 && count(number('problem'), 'problem'),
    number('cancelled') > 0 && `${number('cancelled')} cancelled`,
    held && `${held.problem.title.toLowerCase()}: goes on in ${held.inS} s`,
  ];
  write(at('history'), { summary: parts.filter(Boolean).join(', ') });
  at('stop').hidden = open < 2;
  at('again').hidden = again.length < 2 || open > 0;
  at('again').textContent = `Try ${again.length} again`;
  at('history').classList.remove('kept');
}
