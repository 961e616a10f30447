// What is measured: models, photos and connections, and for how long.
import type { SizeName } from '../photos.ts';
import type { Model } from './results.ts';

export interface Scenario {
  readonly size: SizeName;
  readonly connections: number;
}

export interface Plan {
  readonly models: readonly Model[];
  readonly scenarios: readonly Scenario[];
  /** Turns of each contender. */
  readonly rounds: number;
  /** Milliseconds of one turn of service and reference. */
  readonly turnMs: number;
  /** The same where nothing is inferred: a thousand photos a second need less time. */
  readonly quickTurnMs: number;
  /** Milliseconds that each arrangement of the reference is tried for. */
  readonly trialMs: number;
  /** Milliseconds of load before memory is read. */
  readonly memoryMs: number;
  /** The same for large uploads, which take longer to come by. */
  readonly uploadMs: number;
}

const common = {
  models: ['testcard-int8', 'testcard'],
  rounds: 15,
  quickTurnMs: 1000,
  trialMs: 1500,
  memoryMs: 5000,
  uploadMs: 8000,
} as const;

const cross = (sizes: readonly SizeName[], connections: readonly number[]): Scenario[] =>
  sizes.flatMap((size) => connections.map((count) => ({ size, connections: count })));

export const shortPlan: Plan = {
  ...common,
  turnMs: 1200,
  scenarios: cross(['imagenet'], [1, 8, 32]),
};

export const fullPlan: Plan = {
  ...common,
  turnMs: 3000,
  scenarios: cross(['imagenet', 'mp2', 'mp12'], [1, 8, 32]),
};
