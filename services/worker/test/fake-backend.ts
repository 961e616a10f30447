// A backend that answers by a rule of the test's, when the test lets it.
import {
  type Backend,
  type BatchOutput,
  CLASSES,
  PHOTO_BYTES,
  type Started,
} from '../src/backend/backend.ts';

/** Five grids that tell whose they are. */
export const gridsOf = (category: number): number[][][] =>
  [1, 2, 3, 4, 5].map((k) => Array(7).fill(Array(7).fill((k * category) / 1000)));

export class FakeBackend implements Backend {
  readonly concurrency: number;
  /** Sizes of the batches so far. */
  readonly batches: number[] = [];
  /** Which of them were said to have nothing beside them. */
  readonly alone: boolean[] = [];
  /** Awaited by each inference. */
  gate: Promise<void> = Promise.resolve();
  closed = false;
  readonly failed = new Promise<Error>(() => {});

  constructor(concurrency = 1) {
    this.concurrency = concurrency;
  }

  async start(): Promise<Started> {
    return { providers: ['cpu'], skipped: [] };
  }

  /** The best category of each photo is the value of its first byte; its grids are of that too. */
  async infer(
    pixels: Uint8Array<ArrayBuffer>,
    alone: boolean,
    explain: readonly boolean[] = [],
  ): Promise<BatchOutput> {
    const n = pixels.length / PHOTO_BYTES;
    this.batches.push(n);
    this.alone.push(alone);
    await this.gate;
    if (this.closed) throw new Error('closed under an inference');
    const probabilities = new Float32Array(n * CLASSES);
    for (let i = 0; i < n; i++) {
      const best = pixels[i * PHOTO_BYTES] as number;
      if (best === 255) throw new Error('the backend does not like 255');
      probabilities[i * CLASSES + best] = 1;
    }
    const grids = explain.map((wanted, i) =>
      wanted ? gridsOf(pixels[i * PHOTO_BYTES] as number) : null,
    );
    return { probabilities, grids, inferenceMs: 1 };
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}
