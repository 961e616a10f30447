// What a model saw where: class activation maps, and the embedding of a photo.
import type { Explainer } from '@synset/models';

/** Places of the last feature map along one side. */
export const GRID = 7;
const PLACES = GRID * GRID;

/**
 * How much each place of the photo adds to the logit of a category: rows of seven, from the top.
 * All places together make the logit but for the dense layer's bias.
 * @param featureMap of one photo: [channels, 7, 7]
 */
export function classActivation(
  featureMap: Float32Array,
  { weights, channels }: Explainer,
  category: number,
): number[][] {
  const sums = new Float64Array(PLACES);
  for (let channel = 0; channel < channels; channel++) {
    const weight = weights[category * channels + channel] as number;
    if (weight === 0) continue;
    for (let place = 0; place < PLACES; place++) {
      sums[place] = (sums[place] as number) + weight * (featureMap[channel * PLACES + place] ?? 0);
    }
  }
  return Array.from({ length: GRID }, (_, y) =>
    Array.from(sums.subarray(y * GRID, (y + 1) * GRID), (sum) => sum / PLACES),
  );
}

/** The features of the whole photo: the mean of each channel. Alike photos have alike embeddings. */
export function embedding(featureMap: Float32Array): Float32Array {
  return Float32Array.from({ length: featureMap.length / PLACES }, (_, channel) => {
    const places = featureMap.subarray(channel * PLACES, (channel + 1) * PLACES);
    return places.reduce((sum, value) => sum + value, 0) / PLACES;
  });
}
