// The closed loop: a number of users, each of whom sends the next photo when the last is answered.
import { Child } from '../child.ts';
import type { Run } from './answers.ts';

export interface ClosedRound {
  readonly url: string;
  readonly photos: readonly string[];
  readonly users: number;
  /** Milliseconds from when each user has had an answer. */
  readonly ms: number;
}

export type ClosedLoop = Child<ClosedRound, Run>;

export const startClosedLoop = (): ClosedLoop =>
  new Child(new URL('./closed-process.ts', import.meta.url));
