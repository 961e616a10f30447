// What is measured: models, photos and connections, and for how long.
import type { SizeName } from '../photos.ts';
import type { Model } from './results.ts';

export interface Scenario {
  readonly size: SizeName;
  readonly connections: number;
  /** Turns of service and reference. */
  readonly rounds: number;
  /** Milliseconds of one turn: several times what a photo waits when all others are before it. */
  readonly turnMs: number;
}

export interface Plan {
  readonly models: readonly Model[];
  readonly scenarios: readonly Scenario[];
  /** Turns where nothing is inferred, and milliseconds of one. */
  readonly rounds: number;
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
  rounds: 15,
  turnMs: 1000,
  trialMs: 1500,
  memoryMs: 5000,
  uploadMs: 8000,
} as const;

export const shortPlan: Plan = {
  ...common,
  scenarios: [
    { size: 'imagenet', connections: 8, rounds: 15, turnMs: 1500 },
    { size: 'imagenet', connections: 32, rounds: 7, turnMs: 2500 },
    // Last, when the service has answered some thousand photos, as one has that has run for a while.
    // No ratio is wanted of it.
    { size: 'imagenet', connections: 1, rounds: 7, turnMs: 1200 },
  ],
};

export const fullPlan: Plan = {
  ...common,
  scenarios: (['imagenet', 'mp2', 'mp12'] as const).flatMap((size) =>
    [8, 32, 1].map((connections) => ({ size, connections, rounds: 15, turnMs: 4000 })),
  ),
};
