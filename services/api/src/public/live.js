// Shows what goes on in the service while the page is looked at.
const FIRST_PAUSE_MS = 2000;
const LONGEST_PAUSE_MS = 60_000;
// Of three events. A browser comes again by itself, but not after a refusal, and never less often.
const SILENCE_MS = 6500;

const strip = document.getElementById('live');
let source;
let timer;
let pause = FIRST_PAUSE_MS;

const number = new Intl.NumberFormat('en');
const count = (value) => (value === null ? '–' : number.format(value));
const rate = (value) => (value === null ? '–' : value.toFixed(1));
const time = (ms) => {
  if (ms === null) return '–';
  if (ms < 1000) return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
  return `${ms < 9995 ? (ms / 1000).toFixed(2) : Math.round(ms / 1000)} s`;
};

const UNKNOWN = { workers: null, backlog: null, requestsPerS: null, p50Ms: null, p95Ms: null };

function show({ workers, backlog, requestsPerS, p50Ms, p95Ms, model }, state, said) {
  const texts = {
    workers: count(workers),
    backlog: count(backlog),
    requestsPerS: rate(requestsPerS),
    p50Ms: time(p50Ms),
    p95Ms: time(p95Ms),
    model: model?.name ?? '–',
    untrained: model && !model.trained ? 'not trained' : '',
    state: said,
  };
  for (const [name, text] of Object.entries(texts)) {
    const place = strip.querySelector(`[data-live="${name}"]`);
    if (place.textContent !== text) place.textContent = text;
  }
  strip.dataset.state = state;
}

/** What a page says above of the workers and their model, if it does. */
function setBanners({ model }) {
  const shown = { waiting: !model, testcard: model?.trained === false };
  for (const [id, isShown] of Object.entries(shown)) {
    const banner = document.getElementById(id);
    if (banner) banner.hidden = !isShown;
  }
}

function open() {
  source = new EventSource('/live');
  source.onmessage = ({ data }) => {
    pause = FIRST_PAUSE_MS;
    const figures = JSON.parse(data);
    if (figures.redis) {
      show(figures, 'live', 'Live');
      setBanners(figures);
    } else show(figures, 'lost', 'No Redis');
    expectMore();
  };
  expectMore();
}

function expectMore() {
  clearTimeout(timer);
  timer = setTimeout(comeAgain, SILENCE_MS);
}

function close() {
  source?.close();
  clearTimeout(timer);
}

function comeAgain() {
  close();
  show(UNKNOWN, 'lost', 'Not live');
  // Not all pages at the same time.
  timer = setTimeout(open, pause * (0.75 + Math.random() / 2));
  pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
}

function follow() {
  close();
  if (document.hidden) return;
  pause = FIRST_PAUSE_MS;
  open();
}

document.addEventListener('visibilitychange', follow);
follow();
