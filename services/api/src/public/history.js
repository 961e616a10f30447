// What this visit has brought so far, in a line and as a table to take away.
import { at, write } from './dom.js';
import { count } from './format.js';

const COLUMNS =
  'file state prediction index synset score confident others verdict correction comment width height bytes sha256 cached queueMs decodeMs inferenceMs totalMs model trained problem detail id';

function row({ file, state, answer = {}, problem, verdict, corrected }) {
  const { predictions = [], model, timings, image, confident, cached, id } = answer;
  const [best, ...others] = predictions;
  return {
    ...best,
    ...image,
    ...timings,
    ...{ state, confident, cached, id },
    file: file.name,
    prediction: best?.label,
    bytes: file.size,
    others: others.map(({ label, score }) => `${label} ${score}`).join('; '),
    verdict: verdict && (verdict.correct ? 'right' : 'wrong'),
    correction: corrected,
    comment: verdict?.comment,
    model: model?.name,
    trained: model?.trained,
    problem: problem?.code,
    detail: problem?.detail,
  };
}

function cell(value) {
  const text = String(value ?? '');
  // A spreadsheet would run what begins like a formula.
  const safe = /^[=+\-@\t\r]/.test(text) && typeof value === 'string' ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function toCsv(photos) {
  const names = COLUMNS.split(' ');
  const lines = [names, ...photos.map(row).map((one) => names.map((name) => one[name]))];
  return lines.map((cells) => `${cells.map(cell).join(',')}\r\n`).join('');
}

export function save(name, text) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'text/csv' }));
  link.download = name;
  link.click();
  // The browser takes it after this task.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** What goes out of sight gives the focus to the newest photo: no key starts anything there. */
function setHidden(button, hidden, [{ card }]) {
  if (hidden && document.activeElement === button) card.focus({ preventScroll: true });
  button.hidden = hidden;
}

/** `again`: those worth another try. */
export function drawHistory(photos, again) {
  const number = (state) => photos.filter((photo) => photo.state === state).length;
  const held = photos.find((photo) => photo.state === 'waiting' && photo.pause)?.pause;
  const open = number('waiting') + number('sending');
  const parts = [
    `${number('done')} of ${photos.length} answered`,
    number('problem') > 0 && count(number('problem'), 'problem'),
    number('cancelled') > 0 && `${number('cancelled')} cancelled`,
    held && `${held.problem.title.toLowerCase()}: goes on in ${held.inS} s`,
  ];
  write(at('history'), { summary: parts.filter(Boolean).join(', ') });
  setHidden(at('stop'), open < 2, photos);
  setHidden(at('again'), again.length < 2 || open > 0, photos);
  at('again').textContent = `Try ${again.length} again`;
  at('history').hidden = false;
}
