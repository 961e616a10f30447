// How a prepared model is compared with its export when it is made. This package has no runtime:
// whoever loads models names a module that does it.
import type { Normalization } from './normalize.ts';

export interface CheckRequest {
  /** The exported file, its input and its output. */
  exported: { path: string; input: string; output: string };
  /** The prepared file; none where the graph cannot be prepared. */
  prepared: string | undefined;
  normalization: Normalization;
  /** The batch dimension where it is fixed. */
  batch: number | undefined;
}

export interface CheckResult {
  /** Set where the graph turned out to take batches of this size only. */
  batch?: number;
  /** The largest difference of a probability between exported and prepared model. */
  difference?: number;
  /** Why the prepared model cannot be run. */
  reason?: string;
}

/** The export `check` of such a module. Throws a ModelError when the exported file cannot be run. */
export type Check = (request: CheckRequest) => Promise<CheckResult>;

/** Float sums in another order. */
const FLOAT_TOLERANCE = 1e-4;
/** At int8 a value that lies between two steps may fall to either side. */
const QUANTIZED_TOLERANCE = 0.01;

export const toleranceOf = (quantized: boolean): number =>
  quantized ? QUANTIZED_TOLERANCE : FLOAT_TOLERANCE;
