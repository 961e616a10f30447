// One answer of a run, however it was sent, and where its time went.
import { type Part, parts } from './results.ts';

/** Moments are milliseconds since 1970. */
export interface Answer {
  /** When it was its request's turn: waiting counts from here. */
  readonly dueAt: number;
  readonly answeredAt: number;
  /** 0: no answer. */
  readonly status: number;
  /** Of all but 200: the problem's code, or what came in the place of an answer. */
  readonly code: string | null;
  /** The header of that name. */
  readonly serverTiming: string | null;
}

/** All answers of a run, and the time in which the load was as wanted. */
export interface Run {
  readonly answers: readonly Answer[];
  readonly from: number;
  readonly to: number;
}

export const latencyOf = ({ dueAt, answeredAt }: Answer): number => answeredAt - dueAt;

/** Milliseconds of each part, or null where the header does not tell. */
export function splitOf(answer: Answer): Record<Part, number> | null {
  const told = new Map(
    [...`${answer.serverTiming}`.matchAll(/(\w+);dur=([\d.]+)/g)].map(([, name, ms]) => [
      name,
      Number(ms),
    ]),
  );
  const total = told.get('total');
  if (total === undefined) return null;
  // The service rounds: less than nothing is nothing.
  told.set('reply', Math.max(0, latencyOf(answer) - total));
  const split = parts.map((part) => [part, told.get(part) ?? Number.NaN] as const);
  return split.some(([, ms]) => Number.isNaN(ms))
    ? null
    : (Object.fromEntries(split) as Record<Part, number>);
}
