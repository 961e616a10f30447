// The report in a few words.
import { figure, loadName, plural } from './names.ts';
import type { Cell, Report } from './results.ts';
import { closedCells, fixedCells, scalingOf } from './scaling.ts';

export interface KeyFigure {
  readonly value: string;
  readonly unit: string;
  readonly text: string;
}

/** Of the load that the sentence or tile is about. */
const where = ({ workers, load }: Cell): string =>
  `${plural(workers, 'worker')}, ${loadName(load)}`;

export function keyFigures(report: Report): KeyFigure[] {
  const best = scalingOf(report)
    .map((scale) => scale.best)
    .sort((a, b) => b.perSecond - a.perSecond)[0];
  const [first] = closedCells(report);
  const busy = fixedCells(report).find(({ load }) => load.mode === 'fixed' && load.share === 0.8);
  const failed = report.cells.flatMap(({ errors }) => Object.values(errors));
  const answered = report.cells.reduce((sum, cell) => sum + cell.answered, 0);
  const latency = (cell: Cell | undefined, name: 'p50' | 'p99', text: string): KeyFigure[] =>
    cell?.latency
      ? [{ value: figure(cell.latency[name]), unit: 'ms', text: `${text}: ${where(cell)}` }]
      : [];
  return [
    ...(best
      ? [{ value: figure(best.perSecond), unit: 'photos/s', text: `at best: ${where(best)}` }]
      : []),
    ...latency(first, 'p50', 'median'),
    ...latency(busy, 'p99', 'p99 at a fixed rate'),
    {
      value: `${failed.reduce((sum, count) => sum + count, 0)}`,
      unit: 'failed',
      text: `beside ${answered} answers`,
    },
  ];
}

export function headline(report: Report): string[] {
  const { machine, model, date } = report;
  return [
    `${date.slice(0, 10)}, ${machine.cpu}, ${plural(machine.cores, 'core')}, model ${model.name}:`,
    `${keyFigures(report)
      .map(({ value, unit, text }) => `${value} ${unit} (${text})`)
      .join('; ')}.`,
    ...(model.trained
      ? []
      : ['The model is the test card: it costs what ResNet-50 costs, and knows colours only.']),
  ];
}
