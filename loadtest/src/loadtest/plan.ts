// How long everything takes, told before it starts, and kept.
import { ConfigError } from '@synset/shared';
import type { Options } from './options.ts';

/** What is sent a second, of what the closed loop did at best. The last is more than can be done. */
export const SHARES = [0.5, 0.8, 1.1] as const;
export const RUNS = 3;
export const WARM_UP_MS = 2000;

const LIMIT_MS = 5 * 60_000;
/** For what takes longer than was thought. */
const RESERVE_MS = 15_000;
const LONGEST_RUN_MS = 5000;
const SHORTEST_RUN_MS = 1000;

const PHOTOS_MS = 8000;
const BACKLOG_MS = 8000;
const START_MS = 5000;
/** Photos a second on a slow machine: until each user has had an answer a run does not count. */
const SLOW_PER_SECOND = 40;
/** The last answers of a run at a fixed rate, of which the highest leaves a queue behind. */
export const FIXED_EXTRA_MS = 1000;

export interface Plan {
  readonly users: readonly number[];
  /** For each service that is started; one unknown number with a service that runs already. */
  readonly services: readonly (number | null)[];
  readonly runs: number;
  /** Of each run, without what comes before and after it. */
  readonly runMs: number;
  /** Lines of progress. */
  readonly steps: number;
  /** What all is expected to take. */
  readonly expectedMs: number;
  /** After which no run is started. */
  readonly limitMs: number;
}

/** Throws ConfigError when it cannot be done within the limit. */
export function makePlan({ url, users, workers, seconds }: Options): Plan {
  const services = url ? [null] : workers;
  const counted = services.length * RUNS * (users.length + SHARES.length);
  const besides = besidesMs(users, services, url !== null);
  const fitting = Math.min(LONGEST_RUN_MS, (LIMIT_MS - RESERVE_MS - besides) / counted);
  if (seconds === null && fitting < SHORTEST_RUN_MS) {
    const shortest = Math.ceil((besides + counted * SHORTEST_RUN_MS) / 60_000);
    throw new ConfigError(
      `bad setting: users, workers: together more than ${LIMIT_MS / 60_000} minutes; name fewer, or say how long each run takes: seconds=1 makes it ${shortest} minutes`,
    );
  }
  const runMs = seconds === null ? Math.floor(fitting / 100) * 100 : seconds * 1000;
  const expectedMs = besides + counted * runMs;
  const limitMs = seconds === null ? LIMIT_MS : 1.5 * expectedMs + RESERVE_MS;
  const steps = counted + (url ? 0 : 1);
  return { users, services, runs: RUNS, runMs, steps, expectedMs, limitMs };
}

/** What a run with so many users takes longer than it counts. */
export const closedExtraMs = (users: number): number => 500 + (2 * 1000 * users) / SLOW_PER_SECOND;

function besidesMs(
  users: readonly number[],
  services: readonly unknown[],
  isRunning: boolean,
): number {
  const closed = users.reduce((sum, count) => sum + closedExtraMs(count), 0);
  const fixed = SHARES.length * FIXED_EXTRA_MS;
  const start = WARM_UP_MS + (isRunning ? 0 : START_MS);
  const each = start + RUNS * (closed + fixed);
  return PHOTOS_MS + (isRunning ? 0 : BACKLOG_MS) + services.length * each;
}
