// One photo's card: its preview, how far it is, and what is said of it.
import { copy, field, say, write } from './dom.js';
import { count, ms, percent, size } from './format.js';
import { drawMap, layOver, mapsOf, whereabouts } from './heat.js';
import { makeJudge } from './judge.js';
import { worthARetry } from './uploads.js';

// The outline on the empty page.
const blankAnswer = document.querySelector('.blank');

export function makeCard(photo) {
  const { file } = photo;
  const card = copy('card');
  const img = card.querySelector('img');
  const url = URL.createObjectURL(file);
  card.setAttribute('aria-label', file.name);
  write(card, { name: file.name });
  img.alt = `Photo ${file.name}`;
  img.onload = () => URL.revokeObjectURL(url);
  img.onerror = () => {
    URL.revokeObjectURL(url);
    img.hidden = true;
    field(card, 'nopreview').hidden = false;
  };
  img.src = url;
  const fade = card.querySelector('.fade input');
  fade.oninput = () => {
    card.querySelector('.heat').style.opacity = fade.value / 100;
  };
  fade.oninput();
  photo.card = card;
  return card;
}

export function drawCard(photo) {
  const { card, state } = photo;
  card.dataset.state = state;
  hideMap(card);
  setButton(photo);
  const draw = { done: drawAnswer, problem: drawProblem }[state] ?? drawBlank;
  draw(photo);
}

function show(card, node) {
  card.querySelector('.slot').replaceChildren(node);
}

/** One button, always in its place: what it does next is what it says. */
function setButton({ card, state, problem }) {
  const button = card.querySelector('.go');
  const hadFocus = document.activeElement === button;
  const settled = state === 'done' || (state === 'problem' && !worthARetry(problem));
  button.hidden = settled;
  button.textContent = ['waiting', 'sending'].includes(state) ? 'Cancel' : 'Try again';
  card.querySelector('.judge')?.remove();
  if (settled && hadFocus) card.focus({ preventScroll: true });
}

function drawBlank({ card, state, pause }) {
  const headings = {
    waiting: pause ? `In ${pause.inS} s: ${pause.problem.title.toLowerCase()}` : 'Waiting its turn',
    sending: 'Looking at it…',
    cancelled: 'Cancelled',
  };
  if (!card.querySelector('.blank')) show(card, blankAnswer.cloneNode(true));
  card.querySelector('.blank').classList.toggle('busy', state === 'sending');
  write(card, { heading: headings[state] });
}

function drawProblem({ card, file, problem }) {
  const node = copy('problem');
  write(node, { title: problem.title, detail: problem.detail });
  const lines = [...node.querySelectorAll('.advice')];
  const advice = node.querySelector(`[data-code~="${problem.code}"]`) ?? lines.at(-1);
  for (const line of lines) if (line !== advice) line.remove();
  if (problem.retryAfterS > 0)
    advice.textContent = `Wait ${count(problem.retryAfterS, 'second')}, then send the photo again.`;
  if (problem.requestId) {
    write(node, { requestId: problem.requestId });
    field(node, 'request').hidden = false;
  }
  show(card, node);
  say(`${file.name}: ${problem.title}. ${problem.detail} ${advice.textContent}`);
}

function drawAnswer(photo) {
  const { card, file, answer } = photo;
  const node = blankAnswer.cloneNode(true);
  const unsure = answer.confident === false;
  const heading = unsure ? 'Not sure, perhaps' : 'Best match';
  node.classList.replace('blank', 'arrived');
  node.classList.toggle('unsure', unsure);
  write(node, { heading });
  writeFacts(node, photo);
  drawRanks(node, photo);
  drawTimes(node, answer.timings);
  show(card, node);
  card.querySelector('.foot').append(makeJudge(photo));
  say(
    `${file.name}: ${unsure ? 'not sure, perhaps ' : ''}${answer.prediction}, ${percent(answer.score)}`,
  );
}

function writeFacts(node, { answer }) {
  const { image, model, cached } = answer;
  const photo = `${image.format.toUpperCase()}, ${image.width} × ${image.height}, ${size(image.bytes)}`;
  write(node, { photo, model: model.name });
  field(node, 'untrained').hidden = model.trained;
  field(node, 'cached').classList.toggle('kept', !cached);
  field(node, 'unexplained').hidden = answer.explanation !== null;
}

function drawRanks(node, photo) {
  const maps = mapsOf(photo.answer);
  for (const [i, row] of [...node.querySelectorAll('.ranks li')].entries()) {
    const prediction = photo.answer.predictions[i];
    if (!prediction) {
      row.remove();
      continue;
    }
    const { index, label, synset, score } = prediction;
    write(row, { label, synset, percent: percent(score) });
    row.classList.toggle('long', label.length > 15);
    row.querySelector('meter').value = score;
    const why = row.querySelector('.why');
    why.setAttribute('aria-label', `Why ${label}?`);
    why.setAttribute('aria-pressed', 'false');
    why.disabled = !maps.has(index);
    why.onclick = () => toggleMap(photo, why, label, maps.get(index));
  }
}

function drawTimes(node, timings) {
  let x = 0;
  for (const part of node.querySelectorAll('rect')) {
    const share = (100 * (timings[part.getAttribute('class')] ?? 0)) / timings.totalMs;
    const width = Math.min(100 - x, share || 0);
    part.setAttribute('x', x);
    part.setAttribute('width', width);
    x += width;
  }
  for (const name of ['queueMs', 'decodeMs', 'inferenceMs', 'totalMs'])
    write(node, { [name]: ms(timings[name]) });
}

function hideMap(card) {
  card.querySelector('.heat').hidden = true;
  card.querySelector('.fade').hidden = true;
  field(card, 'nomap').hidden = true;
  for (const why of card.querySelectorAll('.why')) why.setAttribute('aria-pressed', 'false');
}

function toggleMap({ card, answer }, why, label, grid) {
  const wasShown = why.getAttribute('aria-pressed') === 'true';
  hideMap(card);
  if (wasShown) return;
  why.setAttribute('aria-pressed', 'true');
  const img = card.querySelector('img');
  const { image, explanation } = answer;
  const place = whereabouts(grid);
  const found = place
    ? `Spoke for ${label}: mostly the ${place} of the photo.`
    : `No place in the photo spoke for ${label}.`;
  // A browser that cannot show the file, or shows it turned otherwise, has nothing to lay a map over.
  const turned = img.naturalWidth / img.naturalHeight / (image.width / image.height);
  const fits = turned > 0.97 && turned < 1.03;
  const said = fits ? found : `${found} No map: this browser cannot show the photo.`;
  say(said);
  write(card, { nomap: said });
  field(card, 'nomap').hidden = fits && place !== '';
  if (!fits) return;
  const canvas = card.querySelector('.heat');
  const frame = card.querySelector('.frame');
  canvas.setAttribute('aria-label', found);
  drawMap(canvas, grid);
  layOver(canvas, explanation.area, image, {
    width: frame.clientWidth,
    height: frame.clientHeight,
  });
  canvas.hidden = false;
  card.querySelector('.fade').hidden = false;
}
