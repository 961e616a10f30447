// The page works without this file (a form post). With it the answer comes without leaving the page.
const at = (id) => document.getElementById(id);
const form = at('form');
const frame = at('frame');
const input = at('file');
const button = at('button');
const panel = at('panel');
const maxBytes = Number(form.dataset.maxBytes);
const formats = form.dataset.formats.split(' ');

let file = null;
let running = null;
let preview = '';

const percent = (score) => (score > 0 && score < 0.001 ? '<0.1%' : `${(score * 100).toFixed(1)}%`);
const ms = (value) =>
  typeof value !== 'number' ? '–' : `${value < 100 ? value.toFixed(1) : Math.round(value)} ms`;
const size = (bytes) => {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1048576) return `${Math.round(bytes / 1024)} KiB`;
  // Rounded up, so that a file just over the limit never reads as if it were within it.
  return `${(Math.ceil(bytes / 104857.6) / 10).toFixed(1)} MiB`;
};

const field = (root, name) => root.querySelector(`[data-f="${name}"]`);
const write = (root, values) => {
  for (const [name, text] of Object.entries(values)) field(root, name).textContent = text;
};
const copy = (id) => at(id).content.firstElementChild.cloneNode(true);

// One button, always in its place: what it does next is what it says.
const CHOOSE = 'Choose a photo';
const ANOTHER = 'Choose another';
const RETRY = 'Try again';
const CANCEL = 'Cancel';
function setButton(label) {
  button.textContent = label;
  button.classList.toggle('quiet', label === CANCEL);
}
const worthARetry = ({ status, code }) =>
  status >= 500 ||
  [408, 429].includes(status) ||
  ['NO_CONNECTION', 'UPLOAD_TRUNCATED'].includes(code);

function show(node, said) {
  panel.replaceChildren(node);
  at('status').textContent = said;
}

function showBlank(heading, busy) {
  const node = copy('answer');
  write(node, { heading });
  node.classList.toggle('busy', busy);
  show(node, heading);
  panel.setAttribute('aria-busy', String(busy));
}

function showAnswer(answer) {
  const { image, timings, model } = answer;
  const node = copy('answer');
  node.classList.replace('blank', 'arrived');
  const format = formats.find((name) => name.toLowerCase() === image.format);
  write(node, {
    heading: 'Best match',
    queueMs: ms(timings.queueMs),
    decodeMs: ms(timings.decodeMs),
    inferenceMs: ms(timings.inferenceMs),
    totalMs: ms(timings.totalMs),
    photo: `${format ?? image.format}, ${image.width} × ${image.height}, ${size(image.bytes)}`,
    model: model.name,
  });
  field(node, 'untrained').hidden = model.trained;
  field(node, 'cached').classList.toggle('kept', !answer.cached);
  for (const [i, row] of [...node.querySelectorAll('li')].entries()) {
    const { label, synset, score } = answer.predictions[i] ?? {};
    if (!label) row.remove();
    else {
      write(row, { label, synset, percent: percent(score) });
      row.querySelector('meter').value = score;
    }
  }
  let x = 0;
  for (const part of node.querySelectorAll('rect')) {
    const share = (100 * (timings[part.getAttribute('class')] ?? 0)) / timings.totalMs;
    const width = Math.min(100 - x, share || 0);
    part.setAttribute('x', x);
    part.setAttribute('width', width);
    x += width;
  }
  // Workers come and go while the page is open: what the answer says of its model is the newest word.
  at('testcard').hidden = model.trained;
  at('waiting').hidden = true;
  at('model').textContent = model.name;
  at('model').parentElement.hidden = false;
  const others = answer.predictions.slice(1, 5).map((p) => `${p.label} ${percent(p.score)}`);
  show(node, `${answer.prediction}, ${percent(answer.score)}. Then: ${others.join(', ')}.`);
  setButton(ANOTHER);
}

function showProblem(problem, retryAfter) {
  const node = copy('problem');
  write(node, { title: problem.title, detail: problem.detail });
  const lines = [...node.querySelectorAll('.advice')];
  const advice = lines.find((p) => p.dataset.code === problem.code) ?? lines.at(-1);
  for (const line of lines) if (line !== advice) line.remove();
  if (retryAfter > 0) {
    const wait = retryAfter === 1 ? '1 second' : `${retryAfter} seconds`;
    advice.textContent = `Wait ${wait}, then send the photo again.`;
  }
  if (problem.requestId) {
    write(node, { requestId: problem.requestId });
    field(node, 'request').hidden = false;
  }
  show(node, `${problem.title}. ${problem.detail} ${advice.textContent}`);
  setButton(worthARetry(problem) ? RETRY : ANOTHER);
}

function showPreview() {
  URL.revokeObjectURL(preview);
  preview = URL.createObjectURL(file);
  const img = new Image();
  img.alt = `Your photo: ${file.name}`;
  img.onerror = () => {
    if (img.src !== preview) return;
    const note = document.createElement('p');
    note.className = 'nopreview';
    note.textContent = 'No preview: this browser cannot show this file.';
    img.replaceWith(note);
  };
  img.src = preview;
  frame.querySelector('picture, img, .nopreview')?.remove();
  frame.prepend(img);
  frame.classList.add('full');
  at('name').textContent = `${file.name}, ${size(file.size)}`;
}

async function ask(signal) {
  const body = new FormData();
  body.append('file', file);
  const reply = await fetch('/predict', { method: 'POST', body, signal });
  const answer = await reply.json().catch((error) => {
    if (signal.aborted) throw error;
  });
  if (reply.ok && answer?.predictions) return () => showAnswer(answer);
  const problem = answer?.detail
    ? answer
    : {
        status: reply.status,
        title: 'No proper answer',
        detail: `The service answered with status ${reply.status} and nothing that this page understands.`,
        code: reply.status >= 502 ? 'NO_CONNECTION' : 'OTHER',
      };
  return () => showProblem(problem, Number(reply.headers.get('retry-after')));
}

async function lost(photo) {
  // fetch tells a dead network and a file that cannot be read (a folder, moved away) with the same error.
  const readable = await photo
    .slice(0, 1)
    .arrayBuffer()
    .then(
      () => true,
      () => false,
    );
  return () =>
    showProblem(
      readable
        ? {
            title: 'The service did not answer',
            detail: 'The photo could not be sent: the connection failed.',
            code: 'NO_CONNECTION',
          }
        : {
            title: 'The file cannot be read',
            detail: 'The browser cannot open it. It may be a folder, or was moved or changed.',
            code: 'FILE_UNREADABLE',
          },
    );
}

async function classify() {
  running?.abort();
  running = null;
  if (file.size > maxBytes) {
    panel.removeAttribute('aria-busy');
    showProblem({
      title: 'The file is too large',
      detail: `It has ${size(file.size)}. The limit is ${form.dataset.limit}.`,
      code: 'FILE_TOO_LARGE',
    });
    return;
  }
  const mine = new AbortController();
  running = mine;
  setButton(CANCEL);
  showBlank('Looking at it…', true);
  const photo = file;
  const draw = await ask(mine.signal).catch(() => (mine.signal.aborted ? null : lost(photo)));
  // A newer photo, or Cancel, has taken the page over.
  if (running !== mine) return;
  running = null;
  panel.removeAttribute('aria-busy');
  draw();
}

function take(files) {
  if (!files?.length) return;
  file = files[0];
  showPreview();
  classify();
}

document.documentElement.classList.add('js-on');
// The photo is sent as soon as it is there; a form that insists on a choice would only be in the way.
input.required = false;
setButton(frame.classList.contains('full') ? ANOTHER : CHOOSE);

input.addEventListener('change', () => take(input.files));
// So that choosing the same file again counts as a choice.
input.addEventListener('click', () => {
  input.value = '';
});
form.addEventListener('submit', (event) => {
  event.preventDefault();
  if (running) {
    running.abort();
    running = null;
    showBlank('Cancelled', false);
    setButton(RETRY);
  } else if (button.textContent === RETRY) classify();
  else input.click();
});
document.addEventListener('paste', (event) => take(event.clipboardData?.files));

// The whole window takes a drop: one that just misses the frame would make the browser leave the page.
const carriesFile = (event) => event.dataTransfer?.types.includes('Files');
const hover = (event) => {
  if (!carriesFile(event)) return;
  event.preventDefault();
  frame.classList.add('over');
};
window.addEventListener('dragenter', hover);
window.addEventListener('dragover', hover);
window.addEventListener('dragleave', (event) => {
  if (!event.relatedTarget) frame.classList.remove('over');
});
window.addEventListener('drop', (event) => {
  if (!carriesFile(event)) return;
  event.preventDefault();
  frame.classList.remove('over');
  take(event.dataTransfer.files);
});
