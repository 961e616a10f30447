// Reads an exported graph: finds its input, output and last feature map, and says what does not fit.
import { ModelError } from './error.ts';
import {
  type Dimension,
  EXTERNAL,
  FLOAT,
  type Graph,
  type Model,
  ModelProto,
  type ValueInfo,
} from './onnx.ts';

/**
 * Decodes an ONNX file; the tensors are views of `bytes`.
 * @throws {ModelError} when it is not ONNX, or keeps its weights outside
 */
export function decodeModel(bytes: Uint8Array, file: string): Model & { graph: Graph } {
  const model = tryDecode(bytes);
  const graph = model?.graph;
  if (!model || !graph?.node?.length || !graph.output?.length) {
    throw new ModelError(`${file} is not an ONNX model: copy or download it again`);
  }
  if (graph.initializer?.some((weight) => weight.dataLocation === EXTERNAL)) {
    throw new ModelError(`${file} keeps its weights in other files: export it as one file`);
  }
  return Object.assign(model, { graph });
}

function tryDecode(bytes: Uint8Array): Model | undefined {
  try {
    return ModelProto.decode(bytes);
  } catch {
    return undefined;
  }
}

/** The inputs that a caller feeds: up to IR 3 the initializers are listed among the inputs too. */
export function realInputs(graph: Graph): ValueInfo[] {
  const weights = new Set(graph.initializer?.map(({ name }) => name));
  return (graph.input ?? []).filter(({ name }) => !weights.has(name));
}

/** Finds the input and checks that it is float32 [N,3,224,224]. */
export function findInput(graph: Graph, name: string, file: string): ValueInfo {
  const inputs = realInputs(graph);
  const found = inputs.find((input) => input.name === name);
  if (!found) throw absent('input', name, inputs, file);
  if (inputs.length > 1) {
    throw new ModelError(`${file} has ${inputs.length} inputs (${list(inputs)}): one is expected`);
  }
  check(found, [3, 224, 224], 'input', file);
  return found;
}

/** Finds the output (the only one when `name` is not given), checked to be float32 [N,1000]. */
export function findOutput(
  graph: Graph,
  name: string | undefined,
  file: string,
): ValueInfo & { name: string } {
  const outputs = graph.output ?? [];
  if (name === undefined && outputs.length > 1) {
    throw new ModelError(
      `${file} has ${outputs.length} outputs (${list(outputs)}): name one as "output" in the model card`,
    );
  }
  const found = name === undefined ? outputs[0] : outputs.find((output) => output.name === name);
  if (!found?.name) throw absent('output', name ?? '', outputs, file);
  check(found, [1000], 'output', file);
  return { ...found, name: found.name };
}

/** A tensor that holds the last feature map, and how to read it where it is quantized. */
export interface FeatureMap {
  name: string;
  /** Scale and zero point of a uint8 or int8 tensor. */
  quantization?: string[];
}

/** The input of the graph's only global average pooling; undefined where there is not just one. */
export function findFeatureMap(graph: Graph): FeatureMap | undefined {
  const nodes = graph.node ?? [];
  const pools = nodes.filter(({ opType }) => opType?.endsWith('GlobalAveragePool'));
  const [pool] = pools;
  const [name, ...rest] = pool?.input ?? [];
  if (!pool || name === undefined || pools.length !== 1) return undefined;
  // A fused int8 graph: X, its scale and zero point, then those of the output.
  if (pool.opType === 'QLinearGlobalAveragePool') {
    return { name, quantization: rest.slice(0, 2) };
  }
  if (pool.opType !== 'GlobalAveragePool') return undefined;
  // Reading the quantized tensor beside its DequantizeLinear leaves that one free to be fused.
  const producer = nodes.find(({ output }) => output?.includes(name));
  if (producer?.opType === 'DequantizeLinear' && producer.input?.[0]) {
    return { name: producer.input[0], quantization: producer.input.slice(1) };
  }
  return { name };
}

function check(value: ValueInfo, wanted: number[], kind: string, file: string): void {
  const type = value.type?.tensorType;
  const dims = type?.shape?.dim ?? [];
  const [batch, ...rest] = dims;
  const sameShape =
    rest.length === wanted.length && rest.every((dim, i) => sizeOf(dim) === wanted[i]);
  if (type?.elemType !== FLOAT || !batch || !sameShape) {
    const shape = `[${dims.map(show).join(',')}]${type?.elemType === FLOAT ? '' : ' and not float32'}`;
    throw new ModelError(
      `${kind} "${value.name}" of ${file} is ${shape}: float32 [N,${wanted.join(',')}] is expected; export it so, or name another "${kind}" in the model card`,
    );
  }
}

/** The batch dimension of an input or output where it is fixed. */
export function batchOf(value: ValueInfo | undefined): number | undefined {
  const batch = value?.type?.tensorType?.shape?.dim?.[0];
  return batch && sizeOf(batch) > 0 ? sizeOf(batch) : undefined;
}

/** 0 for a free dimension; protobuf's 64-bit numbers may come as objects. */
const sizeOf = (dim: Dimension): number => Number(dim.dimValue ?? 0);
const show = (dim: Dimension): string =>
  sizeOf(dim) > 0 ? String(sizeOf(dim)) : dim.dimParam || '?';
const list = (values: ValueInfo[]): string => values.map(({ name }) => name).join(', ');

function absent(kind: string, name: string, there: ValueInfo[], file: string): ModelError {
  return new ModelError(
    `${file} has no ${kind} "${name}", it has: ${list(there)}; name it as "${kind}" in the model card`,
  );
}
