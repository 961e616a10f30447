// What computes probabilities from pixels. The worker knows no more of it than this.

/** Pixels of one photo: uint8, [224, 224, 3], RGB. */
export const SIDE = 224;
export const PHOTO_BYTES = SIDE * SIDE * 3;
export const CLASSES = 1000;

export interface BatchOutput {
  /** float32, [n, 1000]: the probabilities of each photo, one row after the other. */
  readonly probabilities: Float32Array;
  /**
   * Of each photo that was to be explained, the grids of its best categories; null of the others,
   * and of all where the model cannot explain.
   */
  readonly grids: readonly (number[][][] | null)[];
  /** Milliseconds that the inference took. */
  readonly inferenceMs: number;
}

/** What a backend tells of itself when it has started. */
export interface Started {
  /** Execution providers in use, in order. */
  readonly providers: readonly string[];
  /** Those that were asked for and could not be had, and why. */
  readonly skipped: readonly { readonly provider: string; readonly reason: string }[];
}

export interface Backend {
  /** How many calls of `infer` may run at the same time. */
  readonly concurrency: number;
  /** Loads the model and runs one real inference with each session. Rejects when it cannot. */
  start(): Promise<Started>;
  /**
   * `pixels`: uint8, [n, 224, 224, 3], RGB; its buffer is moved away. `alone`: no other photo is
   * under way, so this one may have the whole machine. `explain`: of each photo, whether it is to
   * be explained; none where it is left out.
   */
  infer(
    pixels: Uint8Array<ArrayBuffer>,
    alone: boolean,
    explain?: readonly boolean[],
  ): Promise<BatchOutput>;
  /** Resolves with the reason when a session is lost, which only a new process mends. */
  readonly failed: Promise<Error>;
  close(): Promise<void>;
}
