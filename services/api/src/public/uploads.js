// Sends the photos, few at a time, and comes again where the service says when.
const MOST_UNDER_WAY = 4;
const TRIES = 5;
const LONGEST_WAIT_S = 60;

/** In an upgrade an instance of the version before may not know `explain`. */
export const worthARetry = ({ status, code }) =>
  status >= 500 ||
  [408, 429].includes(status) ||
  ['NO_CONNECTION', 'UPLOAD_TRUNCATED', 'INVALID_OPTION'].includes(code);

/** Seconds: as the service says, or ever longer where there is none. */
const pauseFor = ({ code, retryAfterS }, { tries }) =>
  code === 'NO_CONNECTION' ? 2 ** tries : Math.min(retryAfterS || 0, LONGEST_WAIT_S);

/** Its answer or its problem. The photo is sent as it is. */
async function classify(file, signal) {
  const body = new FormData();
  body.append('file', file);
  const reply = await fetch('/predict?explain=true', { method: 'POST', body, signal });
  const said = await reply.json().catch((error) => {
    if (signal.aborted) throw error;
  });
  if (reply.ok && said?.predictions) return { answer: said };
  const { status, headers } = reply;
  const retryAfterS = Number(headers.get('retry-after'));
  if (said?.detail) return { problem: { ...said, retryAfterS } };
  const title = 'No proper answer';
  const detail = `The service answered with status ${status} and nothing that this page understands.`;
  const code = status >= 502 ? 'NO_CONNECTION' : 'OTHER';
  return { problem: { status, title, detail, code, retryAfterS } };
}

/** To fetch a dead network and a file that cannot be read (a folder) are one. */
async function lost(file) {
  try {
    await file.slice(0, 1).arrayBuffer();
  } catch {
    const title = 'The file cannot be read';
    const detail = 'The browser cannot open it. It may be a folder, or was moved or changed.';
    return { problem: { title, detail, code: 'FILE_UNREADABLE' } };
  }
  const title = 'The service did not answer';
  const detail = 'The photo could not be sent: the connection failed.';
  return { problem: { title, detail, code: 'NO_CONNECTION' } };
}

/** Photos are `{ file, patient }`: the patient are sent again by themselves. */
export class Uploads {
  #changed;
  #waiting = [];
  #underWay = new Map();
  #pause = { problem: null, until: 0 };
  #timer;

  constructor(changed) {
    this.#changed = changed;
  }

  add(photo) {
    photo.tries = 0;
    this.#waiting.push(photo);
    this.#wait(photo, this.#paused() > 0);
    this.#next();
  }

  cancel(photo) {
    if (photo.state === 'waiting') this.#waiting.splice(this.#waiting.indexOf(photo), 1);
    else this.#underWay.get(photo)?.abort();
    this.#set(photo, 'cancelled');
    this.#next();
  }

  #set(photo, state) {
    photo.state = state;
    this.#changed(photo);
  }

  /** `pause` says what it waits for, where it is not just its turn. */
  #wait(photo, isPaused) {
    photo.pause = isPaused ? { problem: this.#pause.problem, inS: this.#paused() } : null;
    this.#set(photo, 'waiting');
  }

  /** Seconds. */
  #paused() {
    return Math.ceil((this.#pause.until - performance.now()) / 1000);
  }

  #next() {
    clearTimeout(this.#timer);
    if (this.#paused() > 0) {
      for (const photo of this.#waiting) if (photo.pause) this.#wait(photo, true);
      if (this.#waiting.length > 0) this.#timer = setTimeout(() => this.#next(), 1000);
      return;
    }
    while (this.#waiting.length > 0 && this.#underWay.size < MOST_UNDER_WAY)
      this.#send(this.#waiting.shift());
  }

  async #send(photo) {
    const controller = new AbortController();
    const { signal } = controller;
    this.#underWay.set(photo, controller);
    photo.tries++;
    this.#set(photo, 'sending');
    const said = await classify(photo.file, signal).catch(() =>
      signal.aborted ? {} : lost(photo.file),
    );
    // Sent again meanwhile, it has another controller.
    if (this.#underWay.get(photo) === controller) this.#underWay.delete(photo);
    if (!signal.aborted) this.#settle(photo, said);
    this.#next();
  }

  #settle(photo, { answer, problem }) {
    const waitS = problem && photo.patient && photo.tries < TRIES ? pauseFor(problem, photo) : 0;
    if (waitS > 0) {
      // What is refused now will be so for the others too: all of them wait.
      const until = Math.max(this.#pause.until, performance.now() + waitS * 1000);
      this.#pause = { problem, until };
      this.#waiting.unshift(photo);
      this.#wait(photo, true);
      return;
    }
    Object.assign(photo, { answer, problem });
    this.#set(photo, answer ? 'done' : 'problem');
  }
}
