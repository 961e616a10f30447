// Finds the one dense layer between the global average pooling and the output, and its weights.
//
// Only then is a category's logit the mean, over the places of the last feature map, of what each
// place adds to it: its class activation map.
import type { Graph, Node } from './onnx.ts';
import { dequantized, type Matrix, transposed, valuesOf } from './tensor.ts';

/** They change nothing in the order of the features. */
const BEFORE = ['Flatten', 'Reshape', 'Squeeze', 'Identity', 'Dropout'];
const QUANTIZING = ['QuantizeLinear', 'DequantizeLinear'];
/** They change each logit by itself, or all by one rule. */
const AFTER = ['Add', 'QLinearAdd', 'Clip', 'Softmax', 'Identity', 'Reshape'];

const PASSING = {
  before: new Set([...BEFORE, ...QUANTIZING]),
  after: new Set([...AFTER, ...QUANTIZING]),
};

/** Weights [classes, channels], or undefined where the graph does not end like that. */
export function findDense(graph: Graph, output: string, classes: number): Matrix | undefined {
  const pool = graph.node?.find(({ opType }) => opType?.endsWith('GlobalAveragePool'));
  const layer = pool && follow(graph, pool, PASSING.before);
  const end = layer && follow(graph, layer, PASSING.after);
  // What follows must be all of it, and lead to the output.
  if (!layer || !end?.isOutput(output)) return undefined;
  try {
    const weights = weightsOf(graph, layer.node);
    return weights?.rows === classes ? weights : undefined;
  } catch {
    return undefined;
  }
}

interface Reached {
  node: Node;
  isOutput(name: string): boolean;
}

/** The first node behind `from` that is not one of `passing`, or the last that is. */
function follow(graph: Graph, from: Node | Reached, passing: Set<string>): Reached | undefined {
  let node = 'node' in from ? from.node : from;
  for (;;) {
    const [name] = node.output ?? [];
    const consumers = graph.node?.filter(({ input }) => input?.includes(name ?? '')) ?? [];
    const [next] = consumers;
    if (consumers.length > 1) return undefined;
    if (!next) return { node, isOutput: (wanted) => wanted === name };
    node = next;
    if (!passing.has(next.opType ?? '')) return { node, isOutput: () => false };
    // A sum with something else than a bias would be explained by half.
    if (!next.input?.every((input) => input === name || isConstant(graph, input))) return undefined;
  }
}

/** Whether a tensor does not depend on the photo; an input that is left out has no name. */
function isConstant(graph: Graph, name: string): boolean {
  if (!name || graph.initializer?.some((weight) => weight.name === name)) return true;
  const made = graph.node?.find(({ output }) => output?.includes(name));
  return made?.input?.every((input) => isConstant(graph, input)) ?? false;
}

function weightsOf(graph: Graph, { opType, input, attribute }: Node): Matrix | undefined {
  const flag = (name: string) => attribute?.find((found) => found.name === name);
  if (opType === 'QLinearMatMul') {
    const [, , , b = '', scale = '', zero = ''] = input ?? [];
    const quantized = initializer(graph, b);
    return quantized && transposed(dequantize(graph, quantized, scale, zero, 1));
  }
  const matrix = resolve(graph, input?.[1] ?? '');
  if (!matrix) return undefined;
  if (opType === 'MatMul') return transposed(matrix);
  if (opType !== 'Gemm' || (flag('alpha')?.f ?? 1) !== 1) return undefined;
  return Number(flag('transB')?.i ?? 0) === 1 ? matrix : transposed(matrix);
}

/** A float matrix that is a constant, or comes of one by dequantizing or turning. */
function resolve(graph: Graph, name: string): Matrix | undefined {
  const constant = initializer(graph, name);
  if (constant) return { ...constant, data: Float32Array.from(constant.data) };
  const made = graph.node?.find(({ output }) => output?.includes(name));
  const [from = '', scale = '', zero = ''] = made?.input ?? [];
  if (made?.opType === 'Transpose') {
    const matrix = resolve(graph, from);
    return matrix && transposed(matrix);
  }
  const quantized = initializer(graph, from);
  if (made?.opType !== 'DequantizeLinear' || !quantized) return undefined;
  const axis = made.attribute?.find((found) => found.name === 'axis')?.i ?? 1;
  return dequantize(graph, quantized, scale, zero, Number(axis));
}

type Constant = NonNullable<ReturnType<typeof initializer>>;

function dequantize(graph: Graph, matrix: Constant, scale: string, zero: string, axis: number) {
  const scales = vector(graph, scale) ?? [];
  return dequantized(matrix, scales, vector(graph, zero) ?? [0], axis);
}

function vector(graph: Graph, name: string) {
  const found = graph.initializer?.find((weight) => weight.name === name);
  return found && valuesOf(found);
}

function initializer(graph: Graph, name: string) {
  const found = graph.initializer?.find((weight) => weight.name === name);
  const [rows, columns, ...more] = found?.dims?.map(Number) ?? [];
  if (!found || !rows || !columns || more.length > 0) return undefined;
  return { data: valuesOf(found), rows, columns };
}
