// Requests at a fixed rate, whatever the answers: what many clients do who know nothing of each other.
import { Child } from '../child.ts';
import type { Sent } from './sent.ts';

export interface SendRound {
  readonly url: string;
  readonly photos: readonly string[];
  readonly perSecond: number;
  readonly count: number;
}

export type Sender = Child<SendRound, Sent[]>;

export const startSender = (): Sender => new Child(new URL('./sender-process.ts', import.meta.url));
