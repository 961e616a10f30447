// How much of everything is done.

export interface Plan {
  /** Milliseconds in which the rate without overload is measured. */
  readonly capacityMs: number;
  readonly kills: number;
  /** Two minutes: the answers that Redis keeps for one are part of its memory. */
  readonly overloadMs: number;
  readonly soakRequests: number;
}

export const fullPlan: Plan = {
  capacityMs: 20_000,
  kills: 20,
  overloadMs: 120_000,
  soakRequests: 20_000,
};

/** Three minutes, to try the measuring itself: what it finds is no figure. */
export const shortPlan: Plan = {
  capacityMs: 5_000,
  kills: 3,
  overloadMs: 30_000,
  soakRequests: 1_000,
};
