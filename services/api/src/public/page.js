// The page works without this file (a form post). With it many photos are answered without leaving the page.
import { drawCard, makeCard } from './card.js';
import { at } from './dom.js';
import { size } from './format.js';
import { drawHistory, save, toCsv } from './history.js';
import { Uploads, worthARetry } from './uploads.js';

const AT_ONCE = 4;
const form = at('form');
const input = at('file');
const cards = at('cards');
const { maxBytes, limit } = form.dataset;
const photos = [];

function changed(photo) {
  drawCard(photo);
  if (photo.state === 'done') showModel(photo.answer.model);
  later();
}
const uploads = new Uploads(changed);

const worthAnother = () =>
  photos.filter(
    ({ card, state, problem }) =>
      card && (state === 'cancelled' || (state === 'problem' && worthARetry(problem))),
  );

// Many changes, one line.
let planned = false;
function later() {
  if (planned) return;
  planned = true;
  requestAnimationFrame(() => {
    planned = false;
    drawHistory(photos, worthAnother());
  });
}

/** Workers come and go: where the strip is not live, an answer is the newest word of its model. */
function showModel(model) {
  if (at('live').dataset.state === 'live') return;
  at('testcard').hidden = model.trained;
  at('waiting').hidden = true;
}

function send(photo) {
  if (photo.file.size <= Number(maxBytes)) return uploads.add(photo);
  photo.problem = {
    title: 'The file is too large',
    detail: `It has ${size(photo.file.size)}. The limit is ${limit}.`,
    code: 'FILE_TOO_LARGE',
  };
  photo.state = 'problem';
  changed(photo);
}

/** The newest come first. Cards are made some at a time, so that the page stays alive. */
async function take(files) {
  const fresh = [...(files ?? [])].map((file) => ({ file, patient: files.length > 1 }));
  if (fresh.length === 0) return;
  at('empty').hidden = true;
  const before = cards.firstElementChild;
  photos.unshift(...fresh);
  for (let i = 0; i < fresh.length; i += AT_ONCE) {
    const some = fresh.slice(i, i + AT_ONCE);
    const made = document.createDocumentFragment();
    made.append(...some.map(makeCard));
    cards.insertBefore(made, before);
    // Stopped before it had a card, it is not sent.
    for (const photo of some)
      if (photo.state) changed(photo);
      else send(photo);
    if (i === 0) focusFirst(fresh[0]);
    await new Promise((resolve) => setTimeout(resolve));
  }
}

/** So that one key judges the newest answer; but nobody who is writing is interrupted. */
function focusFirst({ card }) {
  if (!document.activeElement?.closest('.wrong')) card.focus({ preventScroll: true });
}

const photoOf = (element) => {
  const card = element.closest('.card');
  return card && photos.find((photo) => photo.card === card);
};

cards.addEventListener('click', ({ target }) => {
  if (!target.matches('.go')) return;
  const photo = photoOf(target);
  if (['waiting', 'sending'].includes(photo.state)) uploads.cancel(photo);
  else send(photo);
});

// They count only in a card that has the focus: whoever speaks to the machine is safe.
const keys = {
  r: ({ card }) => card.querySelector('.verdict button[value=true]')?.click(),
  w: ({ card }) => card.querySelector('.verdict button[value=false]')?.click(),
  n: ({ card }) => card.nextElementSibling?.focus(),
};
cards.addEventListener('keydown', (event) => {
  const { target } = event;
  const key = event.key.toLowerCase();
  if (event.ctrlKey || event.altKey || event.metaKey || target.matches('input, textarea')) return;
  const act = Object.hasOwn(keys, key) && keys[key];
  if (!act) return;
  event.preventDefault();
  act(photoOf(target));
});

at('stop').addEventListener('click', () => {
  for (const photo of photos) {
    photo.state ??= 'cancelled';
    if (['waiting', 'sending'].includes(photo.state)) uploads.cancel(photo);
  }
});
at('again').addEventListener('click', () => {
  for (const photo of worthAnother()) send(Object.assign(photo, { patient: true }));
});
at('export').addEventListener('click', () => save('synset.csv', toCsv(photos)));

document.documentElement.classList.add('js-on');
input.required = false;
input.multiple = true;
input.tabIndex = -1;
input.addEventListener('change', () => take(input.files));
// So that choosing the same file again counts as a choice.
input.addEventListener('click', () => {
  input.value = '';
});
form.addEventListener('submit', (event) => {
  event.preventDefault();
  input.click();
});
document.addEventListener('paste', (event) => take(event.clipboardData?.files));

// A drop that misses would make the browser leave the page.
const carriesFile = (event) => event.dataTransfer?.types.includes('Files');
const setOver = (over) => document.body.classList.toggle('over', over);
const hover = (event) => {
  if (!carriesFile(event)) return;
  event.preventDefault();
  setOver(true);
};
for (const type of ['dragenter', 'dragover']) window.addEventListener(type, hover);
window.addEventListener('dragleave', (event) => {
  if (!event.relatedTarget) setOver(false);
});
window.addEventListener('drop', (event) => {
  if (!carriesFile(event)) return;
  event.preventDefault();
  setOver(false);
  take(event.dataTransfer.files);
});
