// What the parts of the API tell of what they do. They know nothing of how it is counted.
import type { Answer, Problem } from '@synset/shared';

export interface AnsweredRequest {
  readonly method: string;
  /** Pattern of the route; undefined where there is none. */
  readonly route: string | undefined;
  readonly status: number;
  readonly problem: Problem | null;
  /** Null: it lasts as long as its client wants. */
  readonly durationMs: number | null;
}

export interface Metrics {
  answered(request: AnsweredRequest): void;
  /** A request that was no HTTP, or did not arrive in time. */
  unparsed(problem: Problem): void;
  /** A photo was read. */
  uploaded(bytes: number): void;
  /** `waitMs`: from asking for the answer to having it. */
  predicted(answer: Answer, uploadMs: number, waitMs: number): void;
  lookedUpInCache(hit: boolean): void;
  /** A request waits for the job of another one. */
  joined(): void;
  /** A photo was not taken; other problems than those of admission count for nothing. */
  refused(problem: Problem): void;
  withdrew(): void;
  /** A user has said whether a prediction is right. */
  judged(correct: boolean): void;
}

const ignore = () => {};

export const noMetrics: Metrics = {
  answered: ignore,
  unparsed: ignore,
  uploaded: ignore,
  predicted: ignore,
  lookedUpInCache: ignore,
  joined: ignore,
  refused: ignore,
  withdrew: ignore,
  judged: ignore,
};
