// What Redis said a moment ago, so that a photo that many send at once is not looked up for each.

const MAX_AGE_MS = 1000;

interface Known<T> {
  readonly value: T;
  readonly askedAt: number;
}

export class Recent<T> {
  readonly #known = new Map<string, Known<T>>();
  readonly #most: number;

  /** `most`: how many values are remembered; the oldest make way. */
  constructor(most: number) {
    this.#most = most;
  }

  /** Null where nothing was remembered within the last second. */
  get(key: string): T | null {
    const known = this.#known.get(key);
    if (!known) return null;
    if (performance.now() - known.askedAt < MAX_AGE_MS) return known.value;
    this.#known.delete(key);
    return null;
  }

  set(key: string, value: T): void {
    this.#known.delete(key);
    this.#known.set(key, { value, askedAt: performance.now() });
    const [oldest] = this.#known.keys();
    if (this.#known.size > this.#most && oldest !== undefined) this.#known.delete(oldest);
  }
}
