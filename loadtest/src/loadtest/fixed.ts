// A fixed rate: photos that come whatever the answers, so that none waits unseen.
import type { Sender } from '../reliability/sender.ts';
import type { Run } from './answers.ts';

export interface FixedRound {
  readonly url: string;
  readonly photos: readonly string[];
  readonly perSecond: number;
  readonly ms: number;
}

export interface FixedRun extends Run {
  /** How late each request was sent. */
  readonly lateMs: readonly number[];
}

export async function sendAtRate(
  sender: Sender,
  { url, photos, perSecond, ms }: FixedRound,
): Promise<FixedRun> {
  const count = Math.max(2, Math.round((perSecond * ms) / 1000));
  const answers = await sender.call({ url, photos, perSecond, count });
  const from = answers[0]?.dueAt ?? 0;
  const lateMs = answers.map(({ dueAt, startedAt }) => startedAt - dueAt);
  return { answers, from, to: from + ms, lateMs };
}
