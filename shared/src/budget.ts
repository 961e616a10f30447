// A bounded amount (bytes, pixels) that many share: each reserves its part and gives it back.

interface Waiter {
  readonly amount: number;
  readonly grant: () => void;
}

/**
 * A semaphore with weights, first come first served, so that a large request is not passed by
 * small ones for ever. An amount above the limit counts as the limit: it runs alone.
 */
export class Budget {
  readonly limit: number;
  readonly #waiting: Waiter[] = [];
  #used = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  get used(): number {
    return this.#used;
  }

  /** How many wait for their part. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Reserves `amount` if it is free at once. Call the result once to give it back. */
  tryReserve(amount: number): (() => void) | null {
    const part = Math.min(amount, this.limit);
    if (this.#waiting.length > 0 || this.#used + part > this.limit) return null;
    this.#used += part;
    return this.#releaseOf(part);
  }

  /** Waits for `amount` to be free and reserves it. Rejects with the signal's reason. */
  async reserve(amount: number, signal?: AbortSignal): Promise<() => void> {
    signal?.throwIfAborted();
    const free = this.tryReserve(amount);
    if (free) return free;
    const part = Math.min(amount, this.limit);
    await this.#wait(part, signal);
    return this.#releaseOf(part);
  }

  #releaseOf(part: number): () => void {
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#used -= part;
      this.#admit();
    };
  }

  #wait(amount: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        this.#admit();
        reject(signal?.reason);
      };
      const waiter = {
        amount,
        grant: () => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        },
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#waiting.push(waiter);
    });
  }

  #admit(): void {
    for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
      if (this.#used + next.amount > this.limit) return;
      this.#waiting.shift();
      this.#used += next.amount;
      next.grant();
    }
  }
}
