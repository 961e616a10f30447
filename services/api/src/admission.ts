// Whether the queue takes another job: what can be answered in time, and what a refused client is told.
import { type Fullness, Problem, type WorkerInfo } from '@synset/shared';

/** Jobs a second that all workers can do together; null where none has done any yet. */
export function serviceRate(workers: readonly WorkerInfo[]): number | null {
  const rates = workers.flatMap(({ jobsPerS }) => jobsPerS ?? []);
  if (rates.length === 0) return null;
  // Those that have just started are taken to be like the others.
  return (rates.reduce((sum, rate) => sum + rate, 0) * workers.length) / rates.length;
}

/**
 * Most jobs that may be waiting so that the next one is likely to be done within half of its
 * budget: the other half is for what the measured rate does not foresee.
 */
export function maxBacklog(
  queueLimit: number,
  jobsPerS: number | null,
  budgetMs: number | null,
): number {
  if (jobsPerS === null || budgetMs === null) return queueLimit;
  const inTime = Math.floor((jobsPerS * budgetMs) / 1000 / 2);
  return Math.min(queueLimit, Math.max(1, inTime));
}

/** Bounds of Retry-After: the rate may be that of a worker that hangs, or not known. */
const RETRY_AFTER_S = { min: 1, max: 120, unknown: 5 };

type Full = Extract<Fullness, { status: 'full' }>;

/** Retry-After is the time in which what waits will have been done. */
export function queueFull({ jobs, bytes, what }: Omit<Full, 'status'>, jobsPerS: number | null) {
  const { min, max, unknown } = RETRY_AFTER_S;
  const retryAfterS =
    jobsPerS && jobs > 0 ? Math.min(max, Math.max(min, Math.ceil(jobs / jobsPerS))) : unknown;
  const rate = jobsPerS ? `; ${jobsPerS.toFixed(1)} are done a second` : '';
  const full = what === 'memory' ? "Redis's memory" : 'The queue';
  const detail = `${full} is full: ${jobs} photos of ${bytes} bytes together wait${rate}.`;
  return new Problem('QUEUE_FULL', detail, { retryAfterS, reason: what });
}
