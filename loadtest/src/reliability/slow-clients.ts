// Clients that send, or read, one byte a second.
import { Child } from '../child.ts';

/** In what they are slow: each is a part of all clients. */
export const slowKinds = ['headers', 'upload', 'large upload', 'answer'] as const;
export type SlowKind = (typeof slowKinds)[number];

export interface SlowRound {
  readonly port: number;
  readonly count: number;
  /** How long they stay if nobody cuts them off. */
  readonly ms: number;
  /** Whether another one comes for each that is cut off. */
  readonly again: boolean;
}

/** One that the service has cut off. */
export interface SlowEnd {
  readonly kind: SlowKind;
  /** 0: without an answer. */
  readonly status: number;
  readonly afterMs: number;
}

export type SlowClients = Child<SlowRound, SlowEnd[]>;

export const startSlowClients = (): SlowClients =>
  new Child(new URL('./slow-process.ts', import.meta.url));
