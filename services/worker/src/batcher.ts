// Puts decoded photos into batches for the backend's idle sessions.
import { type Backend, CLASSES, PHOTO_BYTES } from './backend/backend.ts';
import type { Metrics } from './metrics/metrics.ts';

export interface Inference {
  /** float32, [1000]. */
  readonly probabilities: Float32Array;
  /** See `BatchOutput`. */
  readonly grids: number[][][] | null;
  readonly inferenceMs: number;
}

export interface InferOptions {
  /** No other photo is under way, nor being decoded. */
  readonly alone: boolean;
  /** Whether it is to be explained. */
  readonly explain: boolean;
}

interface Waiting extends InferOptions {
  readonly pixels: Uint8Array;
  readonly resolve: (inference: Inference) => void;
  readonly reject: (error: unknown) => void;
}

export interface BatchLimits {
  readonly max: number;
  readonly waitMs: number;
  /** Whether the model takes batches of exactly `max`: a smaller one is filled up with black. */
  readonly exact?: boolean;
}

export class Batcher {
  readonly #backend: Backend;
  readonly #limits: BatchLimits;
  readonly #metrics: Metrics;
  #waiting: Waiting[] = [];
  /** Photos of a batch that failed: each is tried by itself. */
  #retries: Waiting[] = [];
  #running = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(backend: Backend, limits: BatchLimits, metrics: Metrics) {
    this.#backend = backend;
    this.#limits = limits;
    this.#metrics = metrics;
  }

  /** `pixels`: uint8, [224, 224, 3], RGB. */
  infer(pixels: Uint8Array, options: InferOptions): Promise<Inference> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ pixels, ...options, resolve, reject });
      if (this.#waiting.length >= this.#limits.max || this.#limits.waitMs === 0) this.#pump();
      else this.#timer ??= setTimeout(() => this.#pump(), this.#limits.waitMs);
    });
  }

  /** Gives what waits, in batches, to the sessions that are idle. */
  #pump(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    while (this.#running < this.#backend.concurrency) {
      const batch = this.#retries.splice(0, 1);
      if (batch.length === 0) batch.push(...this.#waiting.splice(0, this.#limits.max));
      if (batch.length === 0) return;
      void this.#run(batch);
    }
  }

  async #run(batch: Waiting[]): Promise<void> {
    this.#running++;
    try {
      const photos = this.#limits.exact ? this.#limits.max : batch.length;
      const pixels = new Uint8Array(photos * PHOTO_BYTES);
      for (const [i, photo] of batch.entries()) pixels.set(photo.pixels, i * PHOTO_BYTES);
      const alone = batch.every((photo) => photo.alone);
      const explain = batch.map((photo) => photo.explain);
      const output = await this.#backend.infer(pixels, alone, explain);
      const { probabilities, grids, inferenceMs } = output;
      this.#metrics.inferred(batch.length, inferenceMs);
      for (const [i, photo] of batch.entries()) {
        const row = probabilities.subarray(i * CLASSES, (i + 1) * CLASSES);
        photo.resolve({ probabilities: row, grids: grids[i] ?? null, inferenceMs });
      }
    } catch (error) {
      // One bad photo must not fail the others.
      if (batch.length === 1) batch[0]?.reject(error);
      else this.#retries.push(...batch);
    } finally {
      this.#running--;
      this.#pump();
    }
  }
}
