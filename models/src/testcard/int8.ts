// The test card in int8: QuantizeLinear/DequantizeLinear pairs that ONNX Runtime fuses to int8 kernels.
import { tensor } from '../onnx.ts';
import { type ConvLayer, type Emitter, FEATURES } from './architecture.ts';
import * as names from './names.ts';
import {
  biasOf,
  inputScale,
  Parts,
  type Quantized,
  quantizeRows,
  type Scale,
  SIGNED,
  UNIT,
} from './quantized.ts';
import { dense, shifts } from './weights.ts';

const { PREFIX } = names;

export class Int8Emitter extends Parts implements Emitter {
  readonly #scales = new Map<string, Scale>();

  /** Quantizes the graph's input; the result is what the walk starts from. */
  start(): string {
    return this.#quantize(names.INPUT, inputScale());
  }

  conv(layer: ConvLayer, input: string): string {
    const { inputs, outputs, kernel, scope, relu } = layer;
    const name = names.layerName(layer, 'conv');
    const quantized = this.weights(layer);
    const weight = this.#weight(name, [outputs, inputs, kernel, kernel], quantized);
    const bias = this.#bias(name, shifts(layer), quantized.scales, this.#scaleOf(input));
    const operands = [input, weight, bias];
    const y = this.add('Conv', operands, `${name}_fwd`, names.convAttributes(layer));
    if (relu !== undefined) {
      const out = this.add('Relu', [y], `${PREFIX}${scope}relu${relu}_fwd`);
      return this.#quantize(out, UNIT);
    }
    return this.#quantize(y, layer.role === 'projection' ? UNIT : SIGNED);
  }

  maxPool(input: string): string {
    return this.#quantize(this.add('MaxPool', [input], `${PREFIX}pool0_fwd`, names.MAX_POOL), UNIT);
  }

  join(scope: string, block: number, shortcut: string, residual: string): string {
    const sum = this.add('Add', [shortcut, residual], `${PREFIX}${scope}_plus${block}`);
    const y = this.add('Relu', [sum], `${PREFIX}${scope}activation${block}`);
    return this.#quantize(y, UNIT);
  }

  /** The logits stay float: eight bits would be too coarse for their range. */
  head(input: string): void {
    const pooled = this.add('GlobalAveragePool', [input], names.POOL);
    const features = this.#quantize(pooled, UNIT);
    const flat = this.add('Flatten', [features], 'flatten', { axis: 1 });
    // Only a Gemm right behind a DequantizeLinear is fused to an int8 kernel.
    const operand = this.#quantize(flat, UNIT);
    const { weights, biases } = dense(names.CATEGORIES);
    const quantized = quantizeRows(weights, FEATURES);
    const operands = [
      operand,
      this.#weight(names.DENSE, [names.CATEGORIES, FEATURES], quantized),
      this.#bias(names.DENSE, biases, quantized.scales, UNIT.scale),
    ];
    this.add('Gemm', operands, names.OUTPUT, names.GEMM);
  }

  /** The scale of a value that `#quantize` returned. */
  #scaleOf(value: string): number {
    return this.#scales.get(value)?.scale ?? UNIT.scale;
  }

  #weight(name: string, dims: number[], quantized: Quantized): string {
    const operands = this.weightConstants(name, dims, quantized);
    return this.add('DequantizeLinear', operands, `${name}_weight`, { axis: 0 });
  }

  #bias(name: string, values: Float32Array, scales: Float32Array, inputScale: number): string {
    const biasScales = scales.map((scale) => scale * inputScale);
    const channels = [values.length];
    const operands = [
      this.constant(tensor(`${name}_bias_quantized`, channels, biasOf(values, biasScales))),
      this.constant(tensor(`${name}_bias_scale`, channels, biasScales)),
      this.constant(tensor(`${name}_bias_zero_point`, channels, new Int32Array(values.length))),
    ];
    return this.add('DequantizeLinear', operands, `${name}_bias`, { axis: 0 });
  }

  #quantize(value: string, scale: Scale): string {
    const constants = this.scaleConstants(scale);
    const quantized = this.add('QuantizeLinear', [value, ...constants], `${value}_quantized`);
    const output = `${value}_dequantized`;
    this.#scales.set(output, scale);
    return this.add('DequantizeLinear', [quantized, ...constants], output);
  }
}
