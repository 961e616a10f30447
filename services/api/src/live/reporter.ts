// Counts what this instance answers, and tells the others while somebody looks.
import { randomUUID } from 'node:crypto';
import { type Answered, AnswerWindow } from './window.ts';
import type { Windows } from './windows.ts';

const EVERY_MS = 1000;

export class Reporter {
  /** Names this instance among the windows. */
  readonly instance = randomUUID();
  readonly #windows: Windows;
  readonly #window = new AnswerWindow();
  /** Runs while there is something to tell. */
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(windows: Windows) {
    this.#windows = windows;
  }

  /** `ms` is what the client waited, with its upload. */
  answered(ms: number, photos = 1): void {
    this.#window.add(ms, photos);
    if (!this.#closed) this.#timer ??= setTimeout(() => this.#report(), EVERY_MS);
  }

  /** Null where nothing was answered in the last minute. */
  read(): Answered | null {
    return this.#window.read();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  async #report(): Promise<void> {
    try {
      if (await this.#windows.isWatched()) await this.#write();
    } catch {
      // Redis is away; the next second is another one.
    }
    const goesOn = !this.#closed && this.read() !== null;
    this.#timer = goesOn ? setTimeout(() => this.#report(), EVERY_MS) : undefined;
  }

  async #write(): Promise<void> {
    const window = this.read();
    if (window) await this.#windows.write(this.instance, window);
  }
}
