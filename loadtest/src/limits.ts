// A figure that is wanted, and whether it was reached.

export interface Verdict {
  readonly what: string;
  readonly value: number;
  /** Where the value lies with 95 % certainty. */
  readonly interval?: readonly [number, number];
  readonly limit: number;
  readonly unit: string;
  readonly ok: boolean;
}

export const atMost = (what: string, value: number, limit: number, unit: string): Verdict => ({
  what,
  value,
  limit,
  unit,
  ok: value <= limit,
});

export const atLeast = (what: string, value: number, limit: number, unit: string): Verdict => ({
  ...atMost(what, value, limit, unit),
  ok: value >= limit,
});
