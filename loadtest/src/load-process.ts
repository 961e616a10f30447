// The load: autocannon in a process of its own, every connection posting its photos in turn.

import { readFile } from 'node:fs/promises';
import { withComment } from '@synset/shared/testing';
import autocannon, { type Client, type Request } from 'autocannon';
import { answerCalls } from './child.ts';
import { FORM_TYPE, form } from './form.ts';
import type { LoadResult, LoadRound } from './load.ts';
import { addedMs, throughput } from './statistics.ts';

/** Bounds the bodies that this process holds: autocannon keeps each twice. */
const MAX_BODY_BYTES = 256 * 1024 * 1024;

/**
 * The photos of one connection, from another one on for each. Nobody else posts the same bytes, or
 * the service could answer two requests by one classification.
 */
function bodiesOf(connection: number, photos: Buffer[], connections: number): Buffer[] {
  const largest = Math.max(...photos.map((photo) => photo.length));
  const count = Math.floor(MAX_BODY_BYTES / connections / largest);
  const turn = photos.map((_, i) => photos[(i + connection) % photos.length] as Buffer);
  return turn
    .slice(0, Math.max(1, count))
    .map((photo) => form(withComment(photo, `connection ${connection}`)));
}

async function round({
  url,
  photos,
  connections,
  ms,
  wanted = '',
}: LoadRound): Promise<LoadResult> {
  const files = await Promise.all(photos.map((photo) => readFile(photo)));
  const answers = new Answers(wanted);
  let connection = 0;
  const setupClient = (client: Client) => {
    const bodies = bodiesOf(connection++, files, connections);
    client.setRequests(bodies.map((body) => request(body, answers.onBody)));
  };
  const { errors } = await fire(url, connections, ms, setupClient, answers.onResponse);
  await untilIdle(url, files[0] as Buffer);
  return answers.result(errors);
}

/** autocannon tells the body of an answer, and right after it the time that it took. */
class Answers {
  readonly #moments: number[] = [];
  readonly #latencies: number[] = [];
  readonly #added: number[] = [];
  readonly #failures: string[] = [];
  readonly #wanted: string;
  #body = '';

  constructor(wanted: string) {
    this.#wanted = wanted;
  }

  readonly onBody = (status: number, body: string): void => {
    this.#body = body;
    if (status !== 200) this.#failures.push(`${status} ${body.slice(0, 300)}`);
    else if (!body.includes(this.#wanted)) this.#failures.push(`no ${this.#wanted} in ${body}`);
  };

  readonly onResponse = (_client: unknown, status: number, _bytes: number, ms: number): void => {
    if (status !== 200) return;
    this.#moments.push(performance.now());
    this.#latencies.push(ms);
    this.#added.push(addedMs(this.#body, ms));
  };

  result(lost: number): LoadResult {
    const [failure = null] = this.#failures;
    return {
      ...throughput(this.#moments),
      latencies: this.#latencies,
      added: this.#added,
      errors: lost + this.#failures.length,
      failure,
    };
  }
}

const request = (body: Buffer, onResponse: Request['onResponse'] & {}): Request => ({
  method: 'POST',
  path: '/predict',
  headers: { 'content-type': FORM_TYPE },
  body,
  onResponse,
});

function fire(
  url: string,
  connections: number,
  ms: number,
  setupClient: (client: Client) => void,
  onResponse: Answers['onResponse'],
): Promise<{ errors: number }> {
  const options = { url, connections, duration: ms / 1000, sampleInt: 50, timeout: 30 };
  return new Promise((resolve, reject) => {
    const instance = autocannon({ ...options, setupClient }, (error, result) =>
      error ? reject(error) : resolve(result),
    );
    instance.on('response', onResponse);
  });
}

/** What was cut off at the end is still being done: it must not slow whatever is measured next. */
async function untilIdle(url: string, photo: Buffer): Promise<void> {
  const headers = { 'content-type': 'image/jpeg' };
  const body = new Uint8Array(photo);
  const response = await fetch(`${url}/predict`, { method: 'POST', headers, body });
  await response.arrayBuffer();
}

answerCalls(round);
