// One connection of autocannon as a user, who remembers each of his requests.
import { withComment } from '@synset/shared/testing';
import type { Client, Request } from 'autocannon';
import { FORM_TYPE, form } from '../form.ts';
import { problemCode } from '../problem-code.ts';
import { now } from '../reliability/sent.ts';
import type { Answer } from './answers.ts';

/** Longest wait; half as long again as the service takes at most. */
export const TIMEOUT_S = 15;

/**
 * autocannon's own times go wrong when a server closes a connection, as ours does on some refusals:
 * each answer that follows is taken for that of the request before. So the times are taken here.
 */
export class User {
  readonly answers: Answer[] = [];
  readonly #client: Client;
  readonly #name: string;
  readonly #photos: readonly Buffer[];
  readonly #onAnswer: () => void;
  #sentAt: number | null = null;
  /** Users do not send the same photo at the same time. */
  #next: number;

  constructor(client: Client, number: number, photos: readonly Buffer[], onAnswer: () => void) {
    this.#client = client;
    this.#name = `user ${number} at ${now()}`;
    this.#photos = photos;
    this.#onAnswer = onAnswer;
    this.#next = number * 5;
    client.on('request', () => this.#onRequest());
    client.on('connError', (error: NodeJS.ErrnoException) => this.#lost(error.code));
    client.setRequests([
      {
        method: 'POST',
        path: '/predict',
        headers: { 'content-type': FORM_TYPE, 'cache-control': 'no-cache' },
        setupRequest: (request) => ({ ...request, body: this.#body() }),
        onResponse: this.#onResponse,
      },
    ]);
  }

  /**
   * Sends nothing more; what is under way is answered. autocannon's own end cuts it off, and the
   * slowest answers would be missing.
   */
  end(): void {
    this.#client.responseMax = 1;
  }

  /** All answers, when autocannon has ended. */
  close(): Answer[] {
    this.#lost();
    return this.answers;
  }

  /** No two requests have the same bytes: one could be answered by what was found for the other. */
  #body(): Buffer {
    const index = this.#next++;
    const photo = this.#photos[index % this.#photos.length] as Buffer;
    return form(withComment(photo, `${this.#name}, request ${index}`));
  }

  #onRequest(): void {
    // It was not answered: the connection is a new one.
    this.#lost();
    this.#sentAt = now();
  }

  readonly #onResponse: Request['onResponse'] & {} = (status, body, _context, headers) => {
    const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
    const { 'server-timing': serverTiming = null } = Object.fromEntries(lower);
    this.#add(status, status === 200 ? null : problemCode(status, body), serverTiming);
  };

  #lost(code = 'CONNECTION_LOST'): void {
    if (this.#sentAt === null) return;
    const isLate = now() - this.#sentAt >= TIMEOUT_S * 1000;
    this.#add(0, isLate ? 'TIMEOUT' : code, null);
  }

  #add(status: number, code: string | null, serverTiming: string | null): void {
    this.answers.push({
      dueAt: this.#sentAt ?? now(),
      answeredAt: now(),
      status,
      code,
      serverTiming,
    });
    this.#sentAt = null;
    this.#onAnswer();
  }
}
