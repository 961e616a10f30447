// Axes: round numbers at even distances, from 0 on.

/** At least what `most` is, in steps of 1, 2, 2.5 or 5 times a power of ten. */
export function ticksTo(most: number, count = 5): number[] {
  const rough = most > 0 && Number.isFinite(most) ? most / count : 1 / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((one) => one >= rough) ?? 1;
  const last = Math.ceil(most / step - 1e-9) || 1;
  return Array.from({ length: last + 1 }, (_, i) => i * step);
}

/** Without the zeros that floating point leaves behind. */
export const tickText = (value: number): string => `${Number(value.toPrecision(6))}`;
