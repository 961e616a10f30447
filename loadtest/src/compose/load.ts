// Clients that send photo after photo and insist on the right answer to each.
import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { plain, withComment } from '@synset/shared/testing';

/** Of an answer, what is looked at. */
export interface Answer {
  readonly prediction: string | null;
  readonly cached: boolean;
  readonly code?: string;
  readonly detail?: string;
  readonly model: { readonly name: string; readonly trained: boolean };
}

const ORANGE = await plain([255, 150, 0], 'jpeg');
const CLIENTS = 4;
/** Between an answer and the next photo: the cores are not to be full. */
const PAUSE_MS = 50;

/** An orange picture that was never sent before; its answer is known. */
export const freshPhoto = (name: string): Buffer => withComment(ORANGE, name);

export const sha256Of = (photo: Buffer) => createHash('sha256').update(photo).digest('hex');

export async function predict(url: string, photo: Buffer, headers: Record<string, string> = {}) {
  const body = new FormData();
  body.append('file', new Blob([new Uint8Array(photo)]), 'photo.jpg');
  const response = await fetch(`${url}/predict`, { method: 'POST', body, headers });
  const { status, headers: answered } = response;
  return { status, headers: answered, answer: (await response.json()) as Answer };
}

export interface Sent {
  readonly count: number;
  /** Answers that told the client to come again, since Redis was silent: see `sendAgain`. */
  readonly deferred: number;
  readonly slowestMs: number;
  readonly failures: readonly string[];
}

/** Sends photos all the while `work` takes, and at least until each client has one more answer. */
export async function during(
  url: string,
  name: string,
  work: () => Promise<unknown>,
): Promise<Sent> {
  const failures: string[] = [];
  const times: number[] = [];
  let deferred = 0;
  let over = false;

  async function client(number: number): Promise<void> {
    for (let i = 0; !over; i++) {
      const start = performance.now();
      const photo = freshPhoto(`${name} ${number} ${i}`);
      const failure = await sendAgain(url, photo, () => deferred++);
      times.push(performance.now() - start);
      if (failure) failures.push(`after ${Math.round(performance.now() - start)} ms: ${failure}`);
      await pause(PAUSE_MS);
    }
  }

  const clients = Array.from({ length: CLIENTS }, (_, number) => client(number));
  try {
    await work();
  } finally {
    over = true;
    await Promise.all(clients);
  }
  return { count: times.length, deferred, slowestMs: Math.round(Math.max(...times)), failures };
}

/** How often a photo is sent again. */
const MOST_TIMES = 5;

/**
 * Does as a client is told where the API could not reach Redis within 800 ms. No step touches
 * Redis, which waits for the disk with each job, and the disk of a machine that has just built
 * images and removes containers can take longer. Whatever else is not the right answer is a failure.
 */
async function sendAgain(url: string, photo: Buffer, onDeferred: () => void) {
  for (let again = 0; ; again++) {
    const { failure, retryAfterS } = await attempt(url, photo);
    if (retryAfterS === undefined || again === MOST_TIMES) return failure;
    onDeferred();
    await pause(retryAfterS * 1000);
  }
}

async function attempt(url: string, photo: Buffer) {
  try {
    const { status, headers, answer } = await predict(url, photo);
    if (status === 200 && answer.prediction === 'orange') return {};
    const failure = `${status} ${answer.code ?? answer.prediction} ${answer.detail ?? ''}`;
    const isSilence = status === 503 && REDIS_SILENT.test(answer.detail ?? '');
    return isSilence ? { failure, retryAfterS: Number(headers.get('retry-after')) } : { failure };
  } catch (error) {
    const { message, cause } = error as Error;
    return { failure: `${message} (${cause})` };
  }
}

/** Details of the API's services/api/src/unavailable.ts; the proxy's own are others. */
const REDIS_SILENT = /^(The queue cannot be reached at the moment|Redis cannot be reached)\.$/;
