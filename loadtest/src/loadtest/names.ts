// How loads and figures are written, in every form of the report.
import type { Load } from './results.ts';

export const plural = (count: number, what: string): string =>
  `${count} ${what}${count === 1 ? '' : 's'}`;

export const percent = (share: number): string => `${Math.round(share * 100)} %`;

export const loadName = (load: Load): string =>
  load.mode === 'closed'
    ? plural(load.users, 'user')
    : `${percent(load.share)} (${load.perSecond.toFixed(1)}/s)`;

/** Four figures at most: more of them would be noise. */
export const figure = (value: number | null | undefined): string => {
  if (value === null || value === undefined || Number.isNaN(value)) return '–';
  return value.toFixed(value < 100 ? 1 : 0);
};
