// The test card in int8: QuantizeLinear/DequantizeLinear pairs that ONNX Runtime fuses to int8 kernels.
//
// Batch normalization is folded away (gamma 1, its beta becomes the bias). Every activation after a
// ReLU lies in 0..1 by construction, so its scale is 1/255 and colours pass without rounding.

import { IMAGENET } from '../card.ts';
import { type Node, node, type Tensor, tensor } from '../onnx.ts';
import { type ConvLayer, type Emitter, FEATURES } from './architecture.ts';
import * as names from './names.ts';
import { dense, shifts, weightsOf } from './weights.ts';

const { PREFIX } = names;

/** Seven bits: the kernels of CPUs without int8 dot products overflow with products of eight. */
const LEVELS = 63;

interface Quantized {
  data: Int8Array;
  /** One a row. */
  scales: Float32Array;
}

interface Scale {
  name: string;
  scale: number;
  zero: number;
}

/** Activations that are 0..1. */
const UNIT: Scale = { name: 'unit', scale: 1 / 255, zero: 0 };
/** The end of a residual branch, which may be negative in a network that is trained. */
const SIGNED: Scale = { name: 'signed', scale: 2 / 255, zero: 128 };

function inputScale(): Scale {
  const { mean, std } = IMAGENET;
  const lowest = Math.min(...mean.map((value, i) => -value / (std[i] ?? 1)));
  const highest = Math.max(...mean.map((value, i) => (1 - value) / (std[i] ?? 1)));
  const scale = (highest - lowest) / 255;
  return { name: 'input', scale, zero: Math.round(-lowest / scale) };
}

export class Int8Emitter implements Emitter {
  readonly node: Node[] = [];
  readonly initializer: Tensor[] = [];
  readonly #scales = new Map<string, Scale>();
  readonly #zeros = new Int8Array(512 * 512 * 9);

  /** Quantizes the graph's input; the result is what the walk starts from. */
  start(): string {
    return this.#quantize(names.INPUT, inputScale());
  }

  conv(layer: ConvLayer, input: string): string {
    const { inputs, outputs, kernel, scope, relu } = layer;
    const name = names.layerName(layer, 'conv');
    const { data, scales } = this.#weights(layer);
    const weight = this.#weight(name, [outputs, inputs, kernel, kernel], data, scales);
    const bias = this.#bias(name, shifts(layer), scales, this.#scaleOf(input));
    const operands = [input, weight, bias];
    const y = this.#push(node('Conv', operands, `${name}_fwd`, names.convAttributes(layer)));
    if (relu !== undefined) {
      const out = this.#push(node('Relu', [y], `${PREFIX}${scope}relu${relu}_fwd`));
      return this.#quantize(out, UNIT);
    }
    return this.#quantize(y, layer.role === 'projection' ? UNIT : SIGNED);
  }

  maxPool(input: string): string {
    const pooled = this.#push(node('MaxPool', [input], `${PREFIX}pool0_fwd`, names.MAX_POOL));
    return this.#quantize(pooled, UNIT);
  }

  join(scope: string, block: number, shortcut: string, residual: string): string {
    const sum = this.#push(node('Add', [shortcut, residual], `${PREFIX}${scope}_plus${block}`));
    const y = this.#push(node('Relu', [sum], `${PREFIX}${scope}activation${block}`));
    return this.#quantize(y, UNIT);
  }

  /** The logits stay float: eight bits would be too coarse for their range. */
  head(input: string): void {
    const pooled = this.#push(node('GlobalAveragePool', [input], names.POOL));
    const features = this.#quantize(pooled, UNIT);
    const flat = this.#push(node('Flatten', [features], 'flatten', { axis: 1 }));
    // Only a Gemm right behind a DequantizeLinear is fused to an int8 kernel.
    const operand = this.#quantize(flat, UNIT);
    const { weights, biases } = dense(names.CATEGORIES);
    const { data, scales } = quantizeRows(weights, FEATURES);
    const operands = [
      operand,
      this.#weight(names.DENSE, [names.CATEGORIES, FEATURES], data, scales),
      this.#bias(names.DENSE, biases, scales, UNIT.scale),
    ];
    this.#push(node('Gemm', operands, names.OUTPUT, names.GEMM));
  }

  #weights({ inputs, outputs, kernel, ...rest }: ConvLayer): Quantized {
    const perOutput = inputs * kernel ** 2;
    const weights = weightsOf({ inputs, outputs, kernel, ...rest });
    if (weights) return quantizeRows(weights, perOutput);
    const scales = new Float32Array(outputs).fill(1 / LEVELS);
    return { data: this.#zeros.subarray(0, outputs * perOutput), scales };
  }

  /** The scale of a value that `#quantize` returned. */
  #scaleOf(value: string): number {
    return this.#scales.get(value)?.scale ?? UNIT.scale;
  }

  #weight(name: string, dims: number[], data: Int8Array, scales: Float32Array): string {
    const channels = [scales.length];
    const operands = [
      this.#constant(tensor(`${name}_weight_quantized`, dims, data)),
      this.#constant(tensor(`${name}_weight_scale`, channels, scales)),
      this.#constant(tensor(`${name}_weight_zero_point`, channels, new Int8Array(scales.length))),
    ];
    return this.#push(node('DequantizeLinear', operands, `${name}_weight`, { axis: 0 }));
  }

  /** Biases are int32 whose scale is the product of the input's and the weights' scales. */
  #bias(name: string, values: Float32Array, scales: Float32Array, inputScale: number): string {
    const biasScales = scales.map((scale) => scale * inputScale);
    const data = Int32Array.from(values, (value, i) => Math.round(value / (biasScales[i] ?? 1)));
    const channels = [values.length];
    const operands = [
      this.#constant(tensor(`${name}_bias_quantized`, channels, data)),
      this.#constant(tensor(`${name}_bias_scale`, channels, biasScales)),
      this.#constant(tensor(`${name}_bias_zero_point`, channels, new Int32Array(values.length))),
    ];
    return this.#push(node('DequantizeLinear', operands, `${name}_bias`, { axis: 0 }));
  }

  #quantize(value: string, scale: Scale): string {
    const constants = this.#scaleConstants(scale);
    const quantized = `${value}_quantized`;
    this.#push(node('QuantizeLinear', [value, ...constants], quantized));
    const output = `${value}_dequantized`;
    this.#scales.set(output, scale);
    return this.#push(node('DequantizeLinear', [quantized, ...constants], output));
  }

  #scaleConstants({ name, scale, zero }: Scale): string[] {
    const constants = [`${name}_scale`, `${name}_zero_point`];
    if (this.initializer.some((made) => made.name === constants[0])) return constants;
    this.#constant(tensor(`${name}_scale`, [], new Float32Array([scale])));
    this.#constant(tensor(`${name}_zero_point`, [], new Uint8Array([zero])));
    return constants;
  }

  #constant(made: Tensor): string {
    this.initializer.push(made);
    return made.name ?? '';
  }

  #push(made: Node): string {
    this.node.push(made);
    return made.output?.[0] ?? '';
  }
}

/** Quantizes each row of a matrix to int8 symmetrically by its own largest value. */
function quantizeRows(values: Float32Array, rowLength: number): Quantized {
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
