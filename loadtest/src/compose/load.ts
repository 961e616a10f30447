// Clients that send photo after photo and insist on the right answer to each.
import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { plain, withComment } from '@synset/shared/testing';

/** Of an answer, what is looked at. */
export interface Answer {
  readonly prediction: string | null;
  readonly cached: boolean;
  readonly code?: string;
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
  return { status: response.status, answer: (await response.json()) as Answer };
}

export interface Sent {
  readonly count: number;
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
  let over = false;

  async function client(number: number): Promise<void> {
    for (let i = 0; !over; i++) {
      const start = performance.now();
      const failure = await attempt(url, freshPhoto(`${name} ${number} ${i}`));
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
  return { count: times.length, slowestMs: Math.round(Math.max(...times)), failures };
}

async function attempt(url: string, photo: Buffer): Promise<string | undefined> {
  try {
    const { status, answer } = await predict(url, photo);
    if (status === 200 && answer.prediction === 'orange') return undefined;
    return `${status} ${answer.code ?? answer.prediction}`;
  } catch (error) {
    const { message, cause } = error as Error;
    return `${message} (${cause})`;
  }
}
