// What the parts of the worker tell of what they do. They know nothing of how it is counted.

/** What became of a job that this worker had. */
export const outcomes = [
  /** Answered with its categories. */
  'done',
  /** Answered with what is wrong with the photo. */
  'refused',
  /** Its time was over. */
  'expired',
  /** Handed back to be tried again. */
  'retried',
  /** Answered that it cannot be done; it is a dead letter now. */
  'given_up',
  /** Withdrawn, or answered by another worker, before it was begun. */
  'unwanted',
  /** Answered by another worker while this one was at it. */
  'superseded',
  /** No job at all: a dead letter. */
  'unreadable',
] as const;

export type Outcome = (typeof outcomes)[number];

export interface Metrics {
  /** A job has come; Redis has handed it out so many times, this one included. */
  took(deliveries: number): void;
  /** It was that of a worker that was silent for too long. */
  reclaimed(): void;
  /** Others have taken over so many jobs of this worker. */
  lostClaims(jobs: number): void;
  decoded(ms: number): void;
  inferred(photos: number, ms: number): void;
  ended(outcome: Outcome): void;
  /** A dead letter was written. */
  buried(reason: string): void;
}

const ignore = () => {};

export const noMetrics: Metrics = {
  took: ignore,
  reclaimed: ignore,
  lostClaims: ignore,
  decoded: ignore,
  inferred: ignore,
  ended: ignore,
  buried: ignore,
};
