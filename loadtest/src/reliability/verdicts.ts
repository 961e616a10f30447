// What is wanted of the service under bad conditions, and what of it was reached.
import { atLeast, atMost, type Verdict } from '../limits.ts';
import type { Growth } from './growth.ts';
import type { Overload } from './overload.ts';
import type { Recovery } from './recovery.ts';
import type { Slow } from './slow.ts';
import type { Soak } from './soak.ts';

const RECOVERY_S = { median: 5, worst: 10 };
const SERVED_SHARE = 0.9;
const REFUSED_MS = 50;
/** REQUEST_TIMEOUT_MS as by default. */
const ANSWERED_S = 10;
const SLOWED = 1.5;
const GROWTH_PERCENT = 10;

const none = (what: string, count: number): Verdict => atMost(what, count, 0, 'requests');

export const judgeRecovery = ({ medianMs, worstMs, failed }: Recovery): Verdict[] => [
  atMost('killed worker: answer after, median', medianMs / 1000, RECOVERY_S.median, 's'),
  atMost('killed worker: answer after, worst', worstMs / 1000, RECOVERY_S.worst, 's'),
  none('killed worker: failed', failed),
];

export function judgeOverload(figures: Overload): Verdict[] {
  const { perSecond, capacity, latencyMs, refusedMs, byStatus, withoutRetryAfter } = figures;
  const { 200: _, 503: __, ...others } = byStatus;
  const other = Object.values(others).reduce((sum, count) => sum + count, 0);
  return [
    atLeast('overload: served / rate without', perSecond / capacity, SERVED_SHARE, ''),
    atMost('overload: served within, p99', latencyMs.p99 / 1000, ANSWERED_S, 's'),
    atMost('overload: refused within, p99', refusedMs.p99, REFUSED_MS, 'ms'),
    none('overload: refused without Retry-After', withoutRetryAfter),
    none('overload: neither served nor refused', other),
    ...judgeGrowth('overload', figures.memory),
  ];
}

export const judgeSoak = ({ failed, memory }: Soak): Verdict[] => [
  none('soak: failed', failed),
  ...judgeGrowth('soak', memory),
];

export function judgeSlow({ quietMs, slowMs, failed, cutOffs, left, held }: Slow): Verdict[] {
  const senders = cutOffs.filter(({ kind }) => kind !== 'answer');
  const wrongly = senders.reduce(
    (sum, { clients, byStatus }) => sum + clients - (byStatus[408] ?? 0),
    0,
  );
  return [
    atMost('slow clients: p99 of others / without', slowMs.p99 / quietMs.p99, SLOWED, ''),
    none('slow clients: failed of others', failed),
    atMost('slow clients: not cut off', left, 0, 'clients'),
    atMost('slow clients: without a 408', wrongly, 0, 'clients'),
    atMost('slow clients: bytes in flight kept', held.length, 0, 'uploads'),
  ];
}

const judgeGrowth = (when: string, memory: readonly Growth[]): Verdict[] =>
  memory.map(({ process, growth }) =>
    atMost(`${when}: growth of ${process}`, growth, GROWTH_PERCENT, '%'),
  );
