// One request of the sender, and what can be told from many of them.
import { percentile } from '../statistics.ts';

/** Moments are milliseconds since 1970, so that they can be compared between processes. */
export interface Sent {
  /** When it was its turn, whether or not the sender was in time. */
  readonly dueAt: number;
  readonly startedAt: number;
  /** When its last byte was handed to the system. */
  readonly writtenAt: number;
  readonly answeredAt: number;
  /** 0: no answer. */
  readonly status: number;
  readonly hasRetryAfter: boolean;
  /** Of an answer other than 200, or of the error that came instead of one. */
  readonly code: string | null;
  /** The header of that name. */
  readonly serverTiming: string | null;
}

export const now = (): number => performance.timeOrigin + performance.now();

export interface Spread {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export const spread = (values: readonly number[]): Spread => ({
  p50: percentile(values, 0.5),
  p99: percentile(values, 0.99),
  max: percentile(values, 1),
});

export const withStatus = (sent: readonly Sent[], status: number): Sent[] =>
  sent.filter((one) => one.status === status);

/** From its turn to its answer: a request that the sender started late has waited already. */
export const latencies = (sent: readonly Sent[]): number[] =>
  sent.map(({ dueAt, answeredAt }) => answeredAt - dueAt);

/** From its last byte to its answer. */
export const waits = (sent: readonly Sent[]): number[] =>
  sent.map(({ writtenAt, answeredAt }) => answeredAt - writtenAt);

export function countByStatus(sent: readonly Sent[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status } of sent) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

/** How late the sender was at worst: above some milliseconds it is what was measured. */
export const lateness = (sent: readonly Sent[]): number =>
  percentile(
    sent.map(({ dueAt, startedAt }) => startedAt - dueAt),
    0.99,
  );
