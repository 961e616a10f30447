// The test card in QOperator form, as the zoo's resnet50-v1-12-int8: every layer is an int8 operator.
//
// ReLU is no node of its own: with the zero point 0 a negative result is clamped.
import { tensor } from '../onnx.ts';
import { type ConvLayer, type Emitter, FEATURES } from './architecture.ts';
import * as names from './names.ts';
import {
  biasOf,
  inputScale,
  Parts,
  quantizeRows,
  type Scale,
  SIGNED,
  scaleOver,
  UNIT,
} from './quantized.ts';
import { dense, shifts } from './weights.ts';

const { PREFIX } = names;
/** The domain of the operators that the standard has only for float. */
export const MICROSOFT = 'com.microsoft';

/**
 * Logits of eight bits are coarse. Steeper ones keep neighbouring colours some steps apart, so that
 * the winner still gets over 0.9.
 */
const STEEPER = 4;
/** The winner's logit is about 0 at the least, 60 at most; those of the losers may be clamped. */
const LOGITS = scaleOver('logits', -15 * STEEPER, 65 * STEEPER);

const named = (name: string): string => `${name}_quantized`;

export class QOperatorEmitter extends Parts implements Emitter {
  readonly #scales = new Map<string, Scale>();

  /** Quantizes the graph's input; the result is what the walk starts from. */
  start(): string {
    return this.#quantize(names.INPUT, inputScale());
  }

  conv(layer: ConvLayer, input: string): string {
    const { inputs, outputs, kernel, relu, role } = layer;
    const name = names.layerName(layer, 'conv');
    const quantized = this.weights(layer);
    const from = this.#scaleOf(input);
    const scale = relu !== undefined || role === 'projection' ? UNIT : SIGNED;
    const biasScales = quantized.scales.map((value) => value * from.scale);
    const bias = biasOf(shifts(layer), biasScales);
    const operands = [
      input,
      ...this.scaleConstants(from),
      ...this.weightConstants(name, [outputs, inputs, kernel, kernel], quantized),
      ...this.scaleConstants(scale),
      this.constant(tensor(`${name}_bias_quantized`, [outputs], bias)),
    ];
    this.#scales.set(named(`${name}_fwd`), scale);
    return this.add('QLinearConv', operands, named(`${name}_fwd`), names.convAttributes(layer));
  }

  maxPool(input: string): string {
    return this.add('MaxPool', [input], named(`${PREFIX}pool0_fwd`), names.MAX_POOL);
  }

  join(scope: string, block: number, shortcut: string, residual: string): string {
    return this.#sum(shortcut, residual, named(`${PREFIX}${scope}activation${block}`), UNIT);
  }

  /** The features are float between pooling and dense layer, as in the original. */
  head(input: string): void {
    const scales = [...this.scaleConstants(UNIT), ...this.scaleConstants(UNIT)];
    const pooled = this.#microsoft(
      'QLinearGlobalAveragePool',
      [input, ...scales],
      named(names.POOL),
      {
        channels_last: 0,
      },
    );
    const features = this.#dequantize(pooled, names.POOL);
    const flat = this.add('Flatten', [features], 'flatten', { axis: 1 });
    this.#dense(this.#quantize(flat, UNIT));
  }

  #dense(input: string): void {
    const { weights, biases } = dense(names.CATEGORIES, STEEPER);
    const quantized = quantizeRows(weights, FEATURES);
    const turned = { ...quantized, data: transposed(quantized.data, FEATURES) };
    const product = scaleOver('product', -240 * STEEPER, 240 * STEEPER);
    const multiplied = this.add(
      'QLinearMatMul',
      [
        input,
        ...this.scaleConstants(UNIT),
        ...this.weightConstants(names.DENSE, [FEATURES, names.CATEGORIES], turned),
        ...this.scaleConstants(product),
      ],
      named(`${names.DENSE}_matmul`),
    );
    this.#scales.set(multiplied, product);
    const sum = this.#sum(multiplied, this.#bias(biases), named(names.OUTPUT), LOGITS);
    this.#dequantize(sum, names.OUTPUT);
  }

  /** The bias of the dense layer is a QLinearAdd of its own, in eight bits. */
  #bias(values: Float32Array): string {
    const scale = scaleOver('bias', Math.min(...values), Math.max(...values));
    const name = `${names.DENSE}_bias_quantized`;
    const data = Uint8Array.from(values, (value) => Math.round(value / scale.scale) + scale.zero);
    this.#scales.set(name, scale);
    return this.constant(tensor(name, [values.length], data));
  }

  #sum(a: string, b: string, output: string, scale: Scale): string {
    const [ofA, ofB] = [this.#scaleOf(a), this.#scaleOf(b)].map((of) => this.scaleConstants(of));
    this.#scales.set(output, scale);
    const operands = [a, ...(ofA ?? []), b, ...(ofB ?? []), ...this.scaleConstants(scale)];
    return this.#microsoft('QLinearAdd', operands, output);
  }

  #quantize(value: string, scale: Scale): string {
    this.#scales.set(named(value), scale);
    return this.add('QuantizeLinear', [value, ...this.scaleConstants(scale)], named(value));
  }

  #dequantize(value: string, output: string): string {
    const constants = this.scaleConstants(this.#scaleOf(value));
    return this.add('DequantizeLinear', [value, ...constants], output);
  }

  #microsoft(...made: Parameters<Parts['add']>): string {
    const output = this.add(...made);
    const added = this.node.at(-1);
    if (added) added.domain = MICROSOFT;
    return output;
  }

  #scaleOf(value: string): Scale {
    return this.#scales.get(value) ?? UNIT;
  }
}

/** [rows, length] as [length, rows], which is how a matrix product takes its right operand. */
function transposed(data: Int8Array, length: number): Int8Array {
  const rows = data.length / length;
  return data.map((_, i) => data[(i % rows) * length + Math.floor(i / rows)] ?? 0);
}
