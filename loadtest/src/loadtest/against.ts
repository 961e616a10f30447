// Two reports side by side: what changed by more than the runs of one report differ.
import { machineLine } from '../report.ts';
import type { Cell, Load, Report } from './results.ts';

const figures = ['perSecond', 'p50', 'p99'] as const;
type Figure = (typeof figures)[number];

export interface Change {
  readonly before: number;
  readonly after: number;
  /** Of after to before. */
  readonly ratio: number;
  /** Where all runs of one report lie on the same side of all runs of the other. */
  readonly verdict: 'better' | 'worse' | 'within the scatter';
}

export interface CellChange {
  readonly workers: number;
  readonly load: Load;
  readonly changes: Readonly<Record<Figure, Change | null>>;
}

export interface Comparison {
  readonly date: string;
  /** What else is different, so that the figures say less. */
  readonly warnings: readonly string[];
  readonly cells: readonly CellChange[];
}

export function compare(before: Report, after: Report): Comparison {
  const old = new Map(before.cells.map((cell) => [keyOf(cell), cell]));
  const cells = after.cells.flatMap((cell) => {
    const other = old.get(keyOf(cell));
    return other ? [changesOf(other, cell)] : [];
  });
  return { date: before.date, warnings: warningsOf(before, after, cells.length), cells };
}

/** A rate is told by its share: the rates themselves follow from what each service can do. */
const keyOf = ({ workers, load }: Cell): string =>
  `${workers} ${load.mode} ${load.mode === 'closed' ? load.users : load.share}`;

function changesOf(before: Cell, after: Cell): CellChange {
  const changes = figures.map((name) => [name, changeOf(name, before, after)]);
  return { workers: after.workers, load: after.load, changes: Object.fromEntries(changes) };
}

const figureOf = ({ perSecond, latency }: Cell, name: Figure): number | null =>
  name === 'perSecond' ? perSecond : (latency?.[name] ?? null);

function changeOf(name: Figure, before: Cell, after: Cell): Change | null {
  const [old, value] = [figureOf(before, name), figureOf(after, name)];
  if (!old || value === null) return null;
  const runs = ({ runs }: Cell) => runs.flatMap((run) => run[name] ?? []);
  const isHigher = lieAbove(runs(after), runs(before));
  const isLower = lieAbove(runs(before), runs(after));
  const isBetter = name === 'perSecond' ? isHigher : isLower;
  const verdict = isBetter ? 'better' : isHigher || isLower ? 'worse' : 'within the scatter';
  return { before: old, after: value, ratio: value / old, verdict };
}

/** One run alone tells nothing of how far runs differ. */
const lieAbove = (high: readonly number[], low: readonly number[]): boolean =>
  high.length > 1 && low.length > 1 && Math.min(...high) > Math.max(...low);

function warningsOf(before: Report, after: Report, common: number): string[] {
  const what: [string, (report: Report) => string][] = [
    ['service', ({ url }) => url ?? 'started for the test'],
    ['model', ({ model }) => `${model.name} (${model.sha256.slice(0, 12)})`],
    ['machine', ({ machine }) => machineLine(machine)],
    ['photos', ({ photos }) => photos.map(({ name, share }) => `${share} of ${name}`).join(', ')],
    ['length of a run', ({ runSeconds }) => `${runSeconds} s`],
  ];
  const different = what
    .filter(([, of]) => of(before) !== of(after))
    .map(([name, of]) => `Another ${name}: before ${of(before)}, now ${of(after)}.`);
  return common > 0 ? different : [...different, 'The two reports have no load in common.'];
}
