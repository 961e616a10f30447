// The figures of a run: how often the truth was found, and what was mistaken for what.
import type { Answer } from './classify.ts';

export interface Share {
  readonly count: number;
  readonly share: number;
  /** Bounds of the 95 % interval. */
  readonly from: number;
  readonly to: number;
}

export interface Figures {
  readonly photos: number;
  readonly top1: Share;
  readonly top5: Share;
  readonly meanProbability: number;
}

export interface Mistaken {
  readonly truth: number;
  readonly photos: number;
  readonly wrong: number;
  /** The wrong answers, the most frequent first. */
  readonly answers: { index: number; count: number }[];
}

/** 97.5 % of a normal distribution lie below so many standard deviations. */
const Z = 1.959964;

/** With Wilson's interval, which holds for few photos and for shares near 0 and 1. */
export function shareOf(count: number, total: number): Share {
  const share = count / total;
  const spread = Z * Math.sqrt((share * (1 - share)) / total + (Z / (2 * total)) ** 2);
  const [middle, scale] = [share + Z ** 2 / (2 * total), 1 + Z ** 2 / total];
  const [from, to] = [(middle - spread) / scale, (middle + spread) / scale];
  return { count, share, from: Math.max(0, from), to: Math.min(1, to) };
}

export const best = ({ top5 }: Answer): number => top5[0]?.index ?? -1;
export const isRight = (answer: Answer): boolean => best(answer) === answer.truth;

export function figuresOf(answers: readonly Answer[]): Figures {
  const photos = answers.length;
  const among5 = answers.filter(({ truth, top5 }) => top5.some(({ index }) => index === truth));
  const sum = answers.reduce((total, { probability }) => total + probability, 0);
  return {
    photos,
    top1: shareOf(answers.filter(isRight).length, photos),
    top5: shareOf(among5.length, photos),
    meanProbability: sum / photos,
  };
}

/** The categories with most wrong answers; of equal ones that with fewer photos is worse. */
export function worstClasses(answers: readonly Answer[], most = 10): Mistaken[] {
  return [...Map.groupBy(answers, ({ truth }) => truth)]
    .map(([truth, group]) => mistaken(truth, group))
    .filter(({ wrong }) => wrong > 0)
    .sort((a, b) => b.wrong - a.wrong || a.photos - b.photos || a.truth - b.truth)
    .slice(0, most);
}

function mistaken(truth: number, group: readonly Answer[]): Mistaken {
  const wrong = group.filter((answer) => !isRight(answer));
  const answers = [...Map.groupBy(wrong, best)]
    .map(([index, { length: count }]) => ({ index, count }))
    .sort((a, b) => b.count - a.count || a.index - b.index);
  return { truth, photos: group.length, wrong: wrong.length, answers };
}
