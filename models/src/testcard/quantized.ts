// What the two int8 forms of the test card share: scales of activations, weights, and constants.
//
// Batch normalization is folded away (gamma 1, its beta becomes the bias). Every activation after a
// ReLU lies in 0..1 by construction, so its scale is 1/255 and colours pass without rounding.
import { IMAGENET } from '../card.ts';
import { type Node, node, type Tensor, tensor } from '../onnx.ts';
import type { ConvLayer } from './architecture.ts';
import { weightsOf } from './weights.ts';

/** Seven bits: the kernels of CPUs without int8 dot products overflow with products of eight. */
const LEVELS = 63;

export interface Quantized {
  data: Int8Array;
  /** One a row. */
  scales: Float32Array;
}

export interface Scale {
  name: string;
  scale: number;
  zero: number;
}

/** Activations that are 0..1. */
export const UNIT: Scale = { name: 'unit', scale: 1 / 255, zero: 0 };
/** The end of a residual branch, which may be negative in a network that is trained. */
export const SIGNED: Scale = { name: 'signed', scale: 2 / 255, zero: 128 };

/** The scale of values from `lowest` (at most 0) to `highest` in eight bits. */
export function scaleOver(name: string, lowest: number, highest: number): Scale {
  const scale = (highest - lowest) / 255;
  return { name, scale, zero: Math.round(-lowest / scale) };
}

/** The scale of the normalized pixels. */
export function inputScale(): Scale {
  const { mean, std } = IMAGENET;
  const lowest = Math.min(...mean.map((value, i) => -value / (std[i] ?? 1)));
  const highest = Math.max(...mean.map((value, i) => (1 - value) / (std[i] ?? 1)));
  return scaleOver('input', lowest, highest);
}

/** Collects nodes and constants; the forms add what a layer becomes. */
export class Parts {
  readonly node: Node[] = [];
  readonly initializer: Tensor[] = [];
  // Nearly all weights are zero: their tensors are views of this one array.
  readonly #zeros = new Int8Array(512 * 512 * 9);

  /** The int8 weights of a convolution, with one scale for each of its outputs. */
  protected weights(layer: ConvLayer): Quantized {
    const { inputs, outputs, kernel } = layer;
    const perOutput = inputs * kernel ** 2;
    const weights = weightsOf(layer);
    if (weights) return quantizeRows(weights, perOutput);
    const scales = new Float32Array(outputs).fill(1 / LEVELS);
    return { data: this.#zeros.subarray(0, outputs * perOutput), scales };
  }

  /** Scale and zero point of activations as constants, made once for each scale. */
  protected scaleConstants({ name, scale, zero }: Scale): string[] {
    const constants = [`${name}_scale`, `${name}_zero_point`];
    if (this.initializer.some((made) => made.name === constants[0])) return constants;
    this.constant(tensor(`${name}_scale`, [], new Float32Array([scale])));
    this.constant(tensor(`${name}_zero_point`, [], new Uint8Array([zero])));
    return constants;
  }

  /** Int8 weights, their scales and their zero points as constants. */
  protected weightConstants(
    name: string,
    dims: number[],
    { data, scales }: Quantized,
  ): [string, string, string] {
    const channels = [scales.length];
    return [
      this.constant(tensor(`${name}_weight_quantized`, dims, data)),
      this.constant(tensor(`${name}_weight_scale`, channels, scales)),
      this.constant(tensor(`${name}_weight_zero_point`, channels, new Int8Array(scales.length))),
    ];
  }

  protected constant(made: Tensor): string {
    this.initializer.push(made);
    return made.name ?? '';
  }

  protected add(...made: Parameters<typeof node>): string {
    this.node.push(node(...made));
    return made[2];
  }
}

/** Biases are int32 in units of `scales`: the products of the input's and the weights' scales. */
export function biasOf(values: Float32Array, scales: Float32Array): Int32Array {
  return Int32Array.from(values, (value, i) => Math.round(value / (scales[i] ?? 1)));
}

/** Quantizes each row of a matrix to int8 symmetrically by its own largest value. */
export function quantizeRows(values: Float32Array, rowLength: number): Quantized {
  const data = new Int8Array(values.length);
  const scales = new Float32Array(values.length / rowLength).fill(1 / LEVELS);
  for (let row = 0; row < scales.length; row++) {
    const span = values.subarray(row * rowLength, (row + 1) * rowLength);
    const largest = span.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    if (largest === 0) continue;
    const scale = largest / LEVELS;
    scales[row] = scale;
    data.set(
      span.map((value) => Math.round(value / scale)),
      row * rowLength,
    );
  }
  return { data, scales };
}
