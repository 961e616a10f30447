// What a model saw where: class activation maps, and the embedding of a photo.
import type { Explainer } from '@synset/models';
import { topK } from './top-k.ts';

/**
 * Places of the last feature map along one side, as `GRID_SIDE` of the contract, which is not imported:
 * each session's thread would load all of it.
 */
export const GRID = 7;
const PLACES = GRID * GRID;

/** Categories that are explained. */
const EXPLAINED = 5;

/** Grids of the best categories of a photo, in their order. */
export const explain = (
  probabilities: Float32Array,
  featureMap: Float32Array,
  explainer: Explainer,
): number[][][] =>
  topK(probabilities, EXPLAINED).map(({ index }) =>
    toGrid(classActivation(featureMap, explainer, index)),
  );

/** What each place adds as a share of the most that one does: 0..1; what speaks against it is 0. */
export function toGrid(parts: Float64Array): number[][] {
  const most = Math.max(...parts);
  const share = (part: number) => (part > 0 ? Math.round((1000 * part) / most) / 1000 : 0);
  return Array.from({ length: GRID }, (_, y) =>
    Array.from(parts.subarray(y * GRID, (y + 1) * GRID), share),
  );
}

/**
 * How much each place of the photo adds to the logit of a category, row by row from the top.
 * All places together make the logit but for the dense layer's bias.
 * @param featureMap of one photo: [channels, 7, 7]
 */
export function classActivation(
  featureMap: Float32Array,
  { weights, channels }: Explainer,
  category: number,
): Float64Array {
  const sums = new Float64Array(PLACES);
  for (let channel = 0; channel < channels; channel++) {
    const weight = weights[category * channels + channel] as number;
    if (weight === 0) continue;
    for (let place = 0; place < PLACES; place++) {
      sums[place] = (sums[place] as number) + weight * (featureMap[channel * PLACES + place] ?? 0);
    }
  }
  return sums.map((sum) => sum / PLACES);
}

/** The features of the whole photo: the mean of each channel. Alike photos have alike embeddings. */
export function embedding(featureMap: Float32Array): Float32Array {
  return Float32Array.from({ length: featureMap.length / PLACES }, (_, channel) => {
    const places = featureMap.subarray(channel * PLACES, (channel + 1) * PLACES);
    return places.reduce((sum, value) => sum + value, 0) / PLACES;
  });
}
