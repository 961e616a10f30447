// What became of each photo, as its client saw it.
import type { PlannedPhoto } from './plan.ts';

/** A final answer, of a prediction or of a question for a job. */
export type Ended =
  | { readonly status: 'done'; readonly prediction: string; readonly sha256: string }
  | { readonly status: 'failed'; readonly code: string }
  /** The job is not known, or was not done in time. */
  | { readonly status: 'lost'; readonly detail: string };

export interface Outcome {
  readonly photo: PlannedPhoto;
  readonly way: 'predict' | 'jobs';
  readonly sha256: string;
  /** Null where no request for it was ever accepted. */
  jobId: string | null;
  /** Whether `/predict` had no answer in time (504), be a result promised or not. */
  late: boolean;
  /** All that were given, the first one first. */
  readonly answers: Ended[];
}

/** What may happen to a request, beside being accepted, and how often it did. */
export interface Mishaps {
  /** Honest 503. */
  refused: number;
  /** No connection: the instance was down. */
  unreachable: number;
  /** Connection lost as its API instance was killed: neither accepted nor refused. */
  cut: number;
}
