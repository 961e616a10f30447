// What a prepared model does inside its graph, for models that are served as they were exported.

const SIDE = 224;
const AREA = SIDE * SIDE;
const CLASSES = 1000;

export interface Normalization {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** (x / 255 - mean) / std as x * factor + shift, for each channel. */
export function factorsOf({ mean, std }: Normalization): { factors: number[]; shifts: number[] } {
  return {
    factors: std.map((value) => 1 / (255 * value)),
    shifts: mean.map((value, i) => -value / (std[i] ?? 1)),
  };
}

/**
 * Photos of interleaved RGB as normalized planes: float32 [n, 3, 224, 224].
 * Rounds where the graph does, so that no quantized value falls to another step.
 */
export function normalizePixels(pixels: Uint8Array, normalization: Normalization): Float32Array {
  const { factors, shifts } = factorsOf(normalization);
  const planes = new Float32Array(pixels.length);
  for (let start = 0; start < pixels.length; start += 3 * AREA) {
    for (let channel = 0; channel < 3; channel++) {
      const factor = Math.fround(factors[channel] ?? 0);
      const shift = Math.fround(shifts[channel] ?? 0);
      const plane = start + channel * AREA;
      for (let i = 0; i < AREA; i++) {
        const value = pixels[start + 3 * i + channel] as number;
        planes[plane + i] = Math.fround(value * factor) + shift;
      }
    }
  }
  return planes;
}

/** Rows of 1000 logits as probabilities; rows that are probabilities already stay as they are. */
export function toProbabilities(output: Float32Array): Float32Array {
  const probabilities = new Float32Array(output.length);
  for (let start = 0; start < output.length; start += CLASSES) {
    const row = output.subarray(start, start + CLASSES);
    probabilities.set(sumsToOne(row) ? row : softmax(row), start);
  }
  return probabilities;
}

function sumsToOne(row: Float32Array): boolean {
  const sum = row.reduce((total, value) => (value < 0 ? Number.NaN : total + value), 0);
  return Math.abs(sum - 1) < 1e-3;
}

function softmax(row: Float32Array): Float64Array {
  const highest = row.reduce((most, value) => Math.max(most, value), -Infinity);
  const powers = Float64Array.from(row, (value) => Math.exp(value - highest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}
