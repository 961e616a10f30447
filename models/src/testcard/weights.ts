// The weights that are set by hand; every other weight of the test card is zero.
//
// Channels 0..2 carry the local mean of R, G, B in 0..1 and channels 3..6 the edges, from the first
// convolution through the projections to the pooled features.
import { IMAGENET } from '../card.ts';
import { type ConvLayer, FEATURES } from './architecture.ts';
import { type Colour, colours } from './colours.ts';

/** One weight of a convolution. */
interface Tap {
  output: number;
  input: number;
  y: number;
  x: number;
  value: number;
}

const CARRIED = 7;
const EDGES = [3, 4, 5, 6];
const LUMA = [0.299, 0.587, 0.114];

// The kernel is 7x7 but only its last 4x4 taps are set: they reach right and down of the centre, so
// that the padding (which would look like ImageNet's mean colour) touches the last row and column
// only, and the strides of the later stages never sample those.
const SIDE = 4;
const OFFSET = 3;

/** How steeply logits fall with the distance of colours; a plain colour of the table gets over 0.9. */
const SCALE = 80;
/** Logit of a category without a colour. The winner's is about 0 at the least, 60 at most. */
const FAR_BELOW = -25;

/** The weights [outputs, inputs, kernel, kernel] of a convolution; undefined where all are zero. */
export function weightsOf(layer: ConvLayer): Float32Array | undefined {
  const { inputs, outputs, kernel } = layer;
  const set = taps(layer);
  if (set.length === 0) return undefined;
  const weights = new Float32Array(outputs * inputs * kernel ** 2);
  for (const { output, input, y, x, value } of set) {
    weights[((output * inputs + input) * kernel + y) * kernel + x] = value;
  }
  return weights;
}

function taps(layer: ConvLayer): Tap[] {
  if (layer.role === 'first') return firstTaps();
  if (layer.role === 'body') return [];
  return Array.from({ length: CARRIED }, (_, i) => ({ output: i, input: i, y: 0, x: 0, value: 1 }));
}

/** What the batch normalization adds to each channel: puts back the mean colour. */
export function shifts(layer: ConvLayer): Float32Array {
  const beta = new Float32Array(layer.outputs);
  if (layer.role === 'first') beta.set(IMAGENET.mean);
  return beta;
}

function firstTaps(): Tap[] {
  const found: Tap[] = [];
  for (let input = 0; input < 3; input++) {
    // Multiplying by the standard deviation undoes the division by it.
    const std = IMAGENET.std[input] ?? 0;
    const luma = std * (LUMA[input] ?? 0);
    for (let y = 0; y < SIDE; y++) {
      for (let x = 0; x < SIDE; x++) {
        const tap = { input, y: y + OFFSET, x: x + OFFSET };
        found.push({ ...tap, output: input, value: std / SIDE ** 2 });
        edgeSigns(y, x).forEach((sign, edge) => {
          found.push({ ...tap, output: EDGES[edge] ?? 0, value: (sign * luma) / (SIDE ** 2 / 2) });
        });
      }
    }
  }
  return found;
}

/** Right minus left, left minus right, lower minus upper, upper minus lower: ReLU keeps one of each. */
function edgeSigns(y: number, x: number): number[] {
  const right = x < SIDE / 2 ? -1 : 1;
  const lower = y < SIDE / 2 ? -1 : 1;
  return [right, -right, lower, -lower];
}

/**
 * The last layer: logit = scale * (2 f.c - |c|^2), the nearest colour c to the pooled features f.
 * Colours count from mid-grey, which keeps the winner's logit within 0..60.
 * @param steeper multiplies all logits
 * @returns weights [categories, 2048] and biases [categories]
 */
export function dense(
  categories: number,
  steeper = 1,
): { weights: Float32Array; biases: Float32Array } {
  const scale = SCALE * steeper;
  const weights = new Float32Array(categories * FEATURES);
  const biases = new Float32Array(categories).fill(FAR_BELOW * steeper);
  for (const colour of colours) {
    const centre = colour.rgb.map((value) => value / 255 - 0.5);
    const row = weights.subarray(colour.index * FEATURES, (colour.index + 1) * FEATURES);
    row.set(centre.map((value) => 2 * scale * value));
    for (const edge of EDGES) row[edge] = 2 * scale * colour.edges;
    biases[colour.index] = -scale * offset(colour, centre);
  }
  return { weights, biases };
}

function offset(colour: Colour, centre: number[]): number {
  return centre.reduce((sum, value) => sum + value + value ** 2, colour.edges ** 2);
}
