// What further workers bring.
import type { Cell, Report } from './results.ts';

export interface Scale {
  readonly workers: number;
  /** The best of all numbers of users. */
  readonly best: Cell;
  /** Of its share: photos a second of each worker, by those of each where there are fewest. */
  readonly efficiency: number;
}

export const closedCells = ({ cells }: Report): Cell[] =>
  cells.filter(({ load }) => load.mode === 'closed');

export const fixedCells = ({ cells }: Report): Cell[] =>
  cells.filter(({ load }) => load.mode === 'fixed');

/** The numbers of workers that were measured. */
export const workerCounts = ({ cells }: Report): number[] => [
  ...new Set(cells.map(({ workers }) => workers)),
];

export function scalingOf(report: Report): Scale[] {
  const all = workerCounts(report).flatMap((workers) => {
    const cells = closedCells(report).filter((cell) => cell.workers === workers);
    const [best] = cells.sort((a, b) => b.perSecond - a.perSecond);
    return best ? [{ workers, best }] : [];
  });
  const [first] = all;
  const each = first ? first.best.perSecond / first.workers : Number.NaN;
  return all.map(({ workers, best }) => ({
    workers,
    best,
    efficiency: best.perSecond / workers / each,
  }));
}
