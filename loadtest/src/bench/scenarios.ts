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
  readonly rounds: number;
  /** Milliseconds of one turn of one contender in one round. */
  readonly turnMs: number;
  /** Milliseconds that each arrangement of the reference is tried for. */
  readonly trialMs: number;
  /** Milliseconds of load before memory is read. */
  readonly memoryMs: number;
  /** The same for large uploads, which take longer to come by. */
  readonly uploadMs: number;
}

const common = {
  models: ['testcard-int8', 'testcard'],
  rounds: 5,
  turnMs: 3000,
  trialMs: 1500,
  memoryMs: 5000,
  uploadMs: 8000,
} as const;

const cross = (sizes: readonly SizeName[], connections: readonly number[]): Scenario[] =>
  sizes.flatMap((size) => connections.map((count) => ({ size, connections: count })));

export const shortPlan: Plan = { ...common, scenarios: cross(['imagenet'], [1, 8]) };

export const fullPlan: Plan = {
  ...common,
  scenarios: cross(['imagenet', 'mp2', 'mp12'], [1, 8, 32]),
};
