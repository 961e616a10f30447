// A signal that is aborted by the caller, or when what is waited for does not come in time.
import { Trouble } from './trouble.ts';

export class Watchdog {
  readonly #own = new AbortController();
  readonly signal: AbortSignal;
  #timer: NodeJS.Timeout | undefined;

  constructor(outer: AbortSignal) {
    this.signal = AbortSignal.any([outer, this.#own.signal]);
  }

  /** Aborts with `what` unless `expect` or `rest` is called within this time. */
  expect(ms: number, what: string): void {
    this.rest();
    const trouble = new Trouble(`${what} within ${ms / 1000} s`, { again: true });
    this.#timer = setTimeout(() => this.#own.abort(trouble), ms);
  }

  rest(): void {
    clearTimeout(this.#timer);
  }

  /** Lets go of a connection whose answer was not read to its end, too. */
  end(): void {
    this.rest();
    this.#own.abort();
  }
}
