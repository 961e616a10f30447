// The best categories of a row of probabilities.

export interface Scored {
  readonly index: number;
  readonly score: number;
}

/** The `k` largest, largest first; of equal ones the lower index first. */
export function topK(probabilities: Float32Array, k: number): Scored[] {
  const best: Scored[] = [];
  for (const [index, score] of probabilities.entries()) {
    const last = best[best.length - 1];
    if (best.length === k && last && score <= last.score) continue;
    let at = best.length;
    while (at > 0 && (best[at - 1] as Scored).score < score) at--;
    best.splice(at, 0, { index, score });
    if (best.length > k) best.pop();
  }
  return best;
}
