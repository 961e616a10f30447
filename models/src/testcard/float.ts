// The test card in float32: Conv, BatchNormalization and Relu as separate nodes, as in the original.
import { type Node, node, type Tensor, tensor } from '../onnx.ts';
import { type ConvLayer, type Emitter, FEATURES } from './architecture.ts';
import * as names from './names.ts';
import { dense, shifts, weightsOf } from './weights.ts';

const EPSILON = 1e-5;
const { PREFIX } = names;

export class FloatEmitter implements Emitter {
  readonly node: Node[] = [];
  readonly initializer: Tensor[] = [];
  // Nearly all weights are zero: their tensors are views of this one array, which saves 100 MB.
  readonly #zeros = new Float32Array(512 * 512 * 9);

  conv(layer: ConvLayer, input: string): string {
    const { inputs, outputs, kernel, scope, relu } = layer;
    const name = names.layerName(layer, 'conv');
    const dims = [outputs, inputs, kernel, kernel];
    const weights = weightsOf(layer) ?? this.#zero(outputs * inputs * kernel ** 2);
    const operands = [input, this.#constant(`${name}_weight`, dims, weights)];
    if (layer.bias) operands.push(this.#constant(`${name}_bias`, [outputs], this.#zero(outputs)));
    const y = this.#push(node('Conv', operands, `${name}_fwd`, names.convAttributes(layer)));
    const normalized = this.#normalize(layer, y);
    if (relu === undefined) return normalized;
    return this.#push(node('Relu', [normalized], `${PREFIX}${scope}relu${relu}_fwd`));
  }

  maxPool(input: string): string {
    return this.#push(node('MaxPool', [input], `${PREFIX}pool0_fwd`, names.MAX_POOL));
  }

  join(scope: string, block: number, shortcut: string, residual: string): string {
    const sum = this.#push(node('Add', [shortcut, residual], `${PREFIX}${scope}_plus${block}`));
    return this.#push(node('Relu', [sum], `${PREFIX}${scope}activation${block}`));
  }

  head(input: string): void {
    const pooled = this.#push(node('GlobalAveragePool', [input], names.POOL));
    const flat = this.#push(node('Flatten', [pooled], 'flatten', { axis: 1 }));
    const { weights, biases } = dense(names.CATEGORIES);
    const operands = [
      flat,
      this.#constant(`${names.DENSE}_weight`, [names.CATEGORIES, FEATURES], weights),
      this.#constant(`${names.DENSE}_bias`, [names.CATEGORIES], biases),
    ];
    this.#push(node('Gemm', operands, names.OUTPUT, names.GEMM));
  }

  #normalize(layer: ConvLayer, input: string): string {
    const name = names.layerName(layer, 'batchnorm');
    const { outputs } = layer;
    // The last normalization of a branch has gamma 0: the residual adds nothing.
    const silent = layer.role === 'body' && layer.relu === undefined;
    const gamma = silent ? this.#zero(outputs) : new Float32Array(outputs).fill(1);
    const variance = new Float32Array(outputs).fill(1 - EPSILON);
    const operands = [
      input,
      this.#constant(`${name}_gamma`, [outputs], gamma),
      this.#constant(`${name}_beta`, [outputs], shifts(layer)),
      this.#constant(`${name}_running_mean`, [outputs], this.#zero(outputs)),
      this.#constant(`${name}_running_var`, [outputs], variance),
    ];
    const attributes = { epsilon: { float: EPSILON }, momentum: { float: 0.9 } };
    return this.#push(node('BatchNormalization', operands, `${name}_fwd`, attributes));
  }

  #zero(length: number): Float32Array {
    return this.#zeros.subarray(0, length);
  }

  #constant(name: string, dims: number[], data: Float32Array): string {
    this.initializer.push(tensor(name, dims, data));
    return name;
  }

  #push(made: Node): string {
    this.node.push(made);
    return made.output?.[0] ?? '';
  }
}
