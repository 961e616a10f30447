// Who is there to work, and how fast: asked of Redis, at most once a second.
import { type ModelCardInfo, modelsOf, type WorkerInfo } from '@synset/shared';

const MAX_AGE_MS = 1000;

export class WorkerWatch {
  readonly #ask: () => Promise<WorkerInfo[]>;
  #workers: readonly WorkerInfo[] = [];
  #models: readonly ModelCardInfo[] = [];
  #askedAt = Number.NEGATIVE_INFINITY;
  #asking: Promise<readonly WorkerInfo[]> | undefined;

  constructor(ask: () => Promise<WorkerInfo[]>) {
    this.#ask = ask;
  }

  /** As of at most a second ago; while there are none, as of now. */
  async recent(): Promise<readonly WorkerInfo[]> {
    const isRecent = performance.now() - this.#askedAt < MAX_AGE_MS;
    return isRecent && this.#workers.length > 0 ? this.#workers : await this.now();
  }

  /** Models of the recent workers, the one in use first. */
  async models(): Promise<readonly ModelCardInfo[]> {
    await this.recent();
    return this.#models;
  }

  /** Rejects when Redis cannot be asked. */
  async now(): Promise<readonly WorkerInfo[]> {
    this.#asking ??= this.#look().finally(() => {
      this.#asking = undefined;
    });
    return await this.#asking;
  }

  async #look(): Promise<readonly WorkerInfo[]> {
    this.#workers = await this.#ask();
    this.#models = modelsOf(this.#workers);
    this.#askedAt = performance.now();
    return this.#workers;
  }
}
