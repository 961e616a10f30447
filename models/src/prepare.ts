// Makes of an exported graph the one that a worker loads: pixels in, probabilities out.
//
// So no pixel is touched in JavaScript between the decoder and the network.
import type { ModelCard } from './card.ts';
import { findDense } from './dense.ts';
import { ModelError } from './error.ts';
import {
  batchOf,
  decodeModel,
  type FeatureMap,
  findFeatureMap,
  findInput,
  findOutput,
} from './graph.ts';
import { FEATURE_MAP, PIXELS, PROBABILITIES } from './interface.ts';
import { factorsOf, type Normalization } from './normalize.ts';
import {
  FLOAT,
  type Graph,
  type Model,
  ModelProto,
  type Node,
  node,
  tensor,
  UINT8,
  valueInfo,
} from './onnx.ts';
import { freeNames } from './rename.ts';
import type { Matrix } from './tensor.ts';

/** Part of the name of prepared files: a change of the preparation must raise it. */
export const PREPARATION_VERSION = 2;

/** ONNX Runtime has no older operators. */
const OLDEST_OPSET = 7;

const SIDE = 224;
const CLASSES = 1000;

/** What is added to the graph has names that begin with this. */
const OWN = 'synset_prepared_';

/** An exported graph that is what its card says. */
export interface Export {
  model: Model & { graph: Graph };
  input: string;
  output: string;
  /** The batch dimension where it is fixed. */
  batch: number | undefined;
  /** Whether it computes with int8. */
  quantized: boolean;
}

/**
 * Reads an exported file and compares it with its card.
 * @param file how error messages name it
 * @throws {ModelError} when the file is no ONNX model or not one that the card describes
 */
export function readExport(bytes: Uint8Array, card: ModelCard, file: string): Export {
  const model = decodeModel(bytes, file);
  checkOpset(model, file);
  const input = findInput(model.graph, card.input, file);
  const output = findOutput(model.graph, card.output, file);
  const [ofInput, ofOutput] = [batchOf(input), batchOf(output)];
  if (ofInput && ofOutput && ofInput !== ofOutput) {
    throw new ModelError(
      `${file} takes batches of ${ofInput} ("${card.input}") and answers with ${ofOutput} ("${output.name}"): export it with one batch dimension`,
    );
  }
  const quantized = model.graph.node?.some(({ opType }) => opType?.includes('Linear')) ?? false;
  return { model, input: card.input, output: output.name, batch: ofInput ?? ofOutput, quantized };
}

/**
 * Puts normalization before an exported model, softmax behind it, and the feature map beside
 * where it explains the answer.
 * Changes the graph that it is given.
 * @returns the prepared ONNX file and, where it has a feature map, the dense layer behind it
 */
export function prepareModel(
  exported: Export,
  normalization: Normalization,
): { bytes: Uint8Array; dense: Matrix | undefined } {
  const { model, input, output, batch = 'N' } = exported;
  const { graph } = model;
  const renamed = freeNames(graph, [PIXELS, PROBABILITIES, FEATURE_MAP], OWN);
  const map = findFeatureMap(graph);
  const dense = map && findDense(graph, renamed(output), CLASSES);
  addPrefix(graph, renamed(input), normalization);
  addSoftmax(graph, renamed(output));
  // Files up to IR 3 list their weights as inputs, which keeps ONNX Runtime from treating them as
  // constants (and from fusing normalization into convolutions); IR 4 lets us leave them out.
  graph.input = [valueInfo(PIXELS, UINT8, [batch, SIDE, SIDE, 3])];
  graph.output = [valueInfo(PROBABILITIES, FLOAT, [batch, CLASSES])];
  model.irVersion = Math.max(4, Number(model.irVersion ?? 0));
  if (map && dense) {
    addFeatureMap(graph, map);
    graph.output.push(valueInfo(FEATURE_MAP, FLOAT, [batch, 'C', 7, 7]));
  }
  return { bytes: ModelProto.encode(model).finish(), dense };
}

function checkOpset({ opsetImport }: Model, file: string): void {
  const onnx = opsetImport?.find(({ domain }) => !domain || domain === 'ai.onnx');
  const opset = Number(onnx?.version ?? 0);
  if (opset >= OLDEST_OPSET) return;
  throw new ModelError(`${file} has opset ${opset}: export it with ${OLDEST_OPSET} or later`);
}

/** (x / 255 - mean) / std as x * a + b, with the image turned from rows of RGB to planes. */
function addPrefix(graph: Graph, input: string, normalization: Normalization): void {
  // One value a channel would do, but ONNX Runtime moves these nodes before the Transpose, where the
  // innermost loop is then three channels long: repeated over a row it is 224 times as long (1 ms).
  const row = [1, 3, 1, SIDE];
  const { factors, shifts } = factorsOf(normalization);
  const [factor, shift] = [`${OWN}factor`, `${OWN}shift`];
  const [turned, float, scaled] = [`${OWN}planes`, `${OWN}float`, `${OWN}scaled`];
  graph.node?.unshift(
    // Turned while a pixel is still one byte: a quarter of the memory traffic.
    node('Transpose', [PIXELS], turned, { perm: [0, 3, 1, 2] }),
    node('Cast', [turned], float, { to: FLOAT }),
    node('Mul', [float, factor], scaled),
    node('Add', [scaled, shift], input),
  );
  graph.initializer = [
    ...(graph.initializer ?? []),
    tensor(factor, row, overRow(factors)),
    tensor(shift, row, overRow(shifts)),
  ];
}

const overRow = (values: number[]): Float32Array =>
  Float32Array.from(values.flatMap((value) => Array<number>(SIDE).fill(value)));

function addSoftmax(graph: Graph, output: string): void {
  const producer = graph.node?.find((made) => made.output?.includes(output));
  // Softmax of a softmax would flatten the answer.
  const made: Node =
    producer?.opType === 'Softmax'
      ? node('Identity', [output], PROBABILITIES)
      : node('Softmax', [output], PROBABILITIES, { axis: 1 });
  graph.node?.push(made);
}

function addFeatureMap(graph: Graph, { name, quantization }: FeatureMap): void {
  const made = quantization
    ? node('DequantizeLinear', [name, ...quantization], FEATURE_MAP)
    : node('Identity', [name], FEATURE_MAP);
  graph.node?.push(made);
}
