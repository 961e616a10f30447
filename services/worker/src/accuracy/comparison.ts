// Two runs on the same photos: what one does better, and where their answers differ.
import type { Answer } from './classify.ts';
import { best, type Figures, figuresOf } from './figures.ts';

export interface Difference {
  readonly file: string;
  readonly truth: number;
  readonly one: { index: number; score: number };
  readonly other: { index: number; score: number };
}

export interface Comparison {
  /** Of the photos that both could read. */
  readonly one: Figures;
  readonly other: Figures;
  /** The other less the one: photos for top-1 and top-5. */
  readonly top1: number;
  readonly top5: number;
  readonly meanProbability: number;
  /** Photos with another best category. */
  readonly different: Difference[];
  /** Photos that only one of them could read. */
  readonly onlyOne: string[];
  readonly onlyOther: string[];
}

export function compare(one: readonly Answer[], other: readonly Answer[]): Comparison {
  const [ones, others] = [byFile(one), byFile(other)];
  const both = one.filter(({ file }) => others.has(file));
  const pairs = both.map((answer) => [answer, others.get(answer.file) as Answer] as const);
  const figures = figuresOf(both);
  const otherFigures = figuresOf(pairs.map(([, answer]) => answer));
  return {
    one: figures,
    other: otherFigures,
    top1: otherFigures.top1.count - figures.top1.count,
    top5: otherFigures.top5.count - figures.top5.count,
    meanProbability: otherFigures.meanProbability - figures.meanProbability,
    different: pairs.filter(([a, b]) => best(a) !== best(b)).map(([a, b]) => difference(a, b)),
    onlyOne: one.map(({ file }) => file).filter((file) => !others.has(file)),
    onlyOther: other.map(({ file }) => file).filter((file) => !ones.has(file)),
  };
}

const byFile = (answers: readonly Answer[]) =>
  new Map(answers.map((answer) => [answer.file, answer]));

const first = ({ top5: [answer] }: Answer) => answer ?? { index: -1, score: 0 };

const difference = (one: Answer, other: Answer): Difference => ({
  file: one.file,
  truth: one.truth,
  one: first(one),
  other: first(other),
});
