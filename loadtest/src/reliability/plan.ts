// How much of everything is done.

export interface Plan {
  /** Milliseconds in which the rate without overload is measured. */
  readonly capacityMs: number;
  readonly kills: number;
  /** Two minutes: the answers that Redis keeps for one are part of its memory. */
  readonly overloadMs: number;
  readonly soakRequests: number;
  /** Rounds without and with slow clients, and milliseconds of each. */
  readonly slowPairs: number;
  readonly slowRoundMs: number;
}

export const fullPlan: Plan = {
  capacityMs: 20_000,
  kills: 20,
  overloadMs: 120_000,
  soakRequests: 20_000,
  slowPairs: 6,
  slowRoundMs: 15_000,
};

/** Five minutes, to try the measuring itself: what it finds is no figure. */
export const shortPlan: Plan = {
  capacityMs: 5_000,
  kills: 3,
  overloadMs: 30_000,
  soakRequests: 1_000,
  slowPairs: 2,
  slowRoundMs: 5_000,
};
