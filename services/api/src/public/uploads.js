// Sends the photos, few at a time, and comes again where the service says when.
const MOST_UNDER_WAY = 4;
const TRIES = 5;
const LONGEST_WAIT_S = 60;

/** Whether the same photo may well be answered the next time. */
export const worthARetry = ({ status, code }) =>
  status >= 500 ||
  [408, 429].includes(status) ||
  ['NO_CONNECTION', 'UPLOAD_TRUNCATED'].includes(code);

/** Its answer or its problem. The photo is sent as it is. */
async function classify(file, signal) {
  const body = new FormData();
  body.append('file', file);
  const reply = await fetch('/predict?explain=true', { method: 'POST', body, signal });
  const said = await reply.json().catch((error) => {
    if (signal.aborted) throw error;
  });
  if (reply.ok && said?.predictions) return { answer: said };
  const problem = said?.detail
    ? said
    : {
        status: reply.status,
        title: 'No proper answer',
        detail: `The service answered with status ${reply.status} and nothing that this page understands.`,
        code: reply.status >= 502 ? 'NO_CONNECTION' : 'OTHER',
      };
  return { problem: { ...problem, retryAfterS: Number(reply.headers.get('retry-after')) } };
}

/** fetch tells a dead network and a file that cannot be read (a folder, moved away) with the same error. */
async function lost(file) {
  const readable = await file
    .slice(0, 1)
    .arrayBuffer()
    .then(
      () => true,
      () => false,
    );
  const problem = readable
    ? {
        title: 'The service did not answer',
        detail: 'The photo could not be sent: the connection failed.',
        code: 'NO_CONNECTION',
      }
    : {
        title: 'The file cannot be read',
        detail: 'The browser cannot open it. It may be a folder, or was moved or changed.',
        code: 'FILE_UNREADABLE',
      };
  return { problem };
}

/** Of photos, `{ file, patient }`: those that are patient are sent again by themselves. `changed` hears of each change. */
export class Uploads {
  #changed;
  #waiting = [];
  #underWay = new Map();
  #resumeAt = 0;
  #timer;

  constructor(changed) {
    this.#changed = changed;
  }

  add(photo) {
    photo.tries = 0;
    this.#wait(photo, null);
    this.#waiting.push(photo);
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

  #wait(photo, again) {
    photo.again = again;
    this.#set(photo, 'waiting');
  }

  #next() {
    clearTimeout(this.#timer);
    const inS = Math.ceil((this.#resumeAt - performance.now()) / 1000);
    if (inS > 0) {
      for (const photo of this.#waiting) {
        if (photo.again) this.#wait(photo, { ...photo.again, inS });
      }
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
    const waitS = problem?.retryAfterS;
    if (waitS > 0 && waitS <= LONGEST_WAIT_S && photo.patient && photo.tries < TRIES) {
      // What is refused now will be so for the others too: all of them wait.
      this.#resumeAt = Math.max(this.#resumeAt, performance.now() + waitS * 1000);
      this.#waiting.unshift(photo);
      this.#wait(photo, { problem, inS: waitS });
      return;
    }
    Object.assign(photo, { answer, problem });
    this.#set(photo, answer ? 'done' : 'problem');
  }
}
