// A network of a few nodes for tests: as small as a model can be that the worker takes.
import { FLOAT, ModelProto, type Node, node, tensor, valueInfo } from '../onnx.ts';

const SIDE = 224;

export interface Tiny {
  input?: string;
  output?: string;
  /** Name of the tensor between the layers, to provoke clashes. */
  middle?: string;
  inputDims?: (number | string)[];
  outputDims?: (number | string)[];
  inputType?: number;
  irVersion?: number;
  opset?: number;
  /** Lists the weights among the inputs, as files up to IR 3 do. */
  listWeights?: boolean;
  /** What makes [N,3,1,1] of the 7x7 map; global average pooling by default. */
  pool?: (from: string, to: string) => Node[];
  /** Comes after the dense layer. */
  tail?: (from: string, to: string) => Node[];
}

const globalPool = (from: string, to: string) => [node('GlobalAveragePool', [from], to)];

/** Encodes a network of three features, the mean colour, and a dense layer of fixed weights. */
export function tinyModel(options: Tiny = {}): Uint8Array {
  const { input = 'data', output = 'logits', middle = 'map', pool = globalPool, tail } = options;
  const dense = Float32Array.from({ length: 3000 }, (_, i) => ((i * 37) % 101) / 50 - 1);
  const weights = [
    tensor('weight', [1000, 3], dense),
    tensor('map_scale', [], new Float32Array([0.02])),
    tensor('map_zero', [], new Uint8Array([128])),
    tensor('one_row', [2], new BigInt64Array([1n, 1000n])),
  ];
  const nodes = [
    node('AveragePool', [input], middle, { kernel_shape: [32, 32], strides: [32, 32] }),
    ...pool(middle, 'pooled'),
    node('Flatten', ['pooled'], 'flat', { axis: 1 }),
    node('Transpose', ['weight'], 'weight_turned', { perm: [1, 0] }),
    node('MatMul', ['flat', 'weight_turned'], tail ? 'dense' : output),
    ...(tail ? tail('dense', output) : []),
  ];
  const { inputDims = ['N', 3, SIDE, SIDE], outputDims = ['N', 1000] } = options;
  const listed = options.listWeights
    ? [valueInfo('weight', FLOAT, [1000, 3]), valueInfo('map_scale', FLOAT, [])]
    : [];
  const graph = {
    name: 'tiny',
    node: nodes,
    initializer: options.listWeights ? weights.slice(0, 2) : weights,
    input: [...listed, valueInfo(input, options.inputType ?? FLOAT, inputDims)],
    output: [valueInfo(output, FLOAT, outputDims)],
  };
  const opsetImport = [
    { domain: '', version: options.opset ?? 12 },
    { domain: 'com.microsoft', version: 1 },
  ];
  return ModelProto.encode({ irVersion: options.irVersion ?? 4, opsetImport, graph }).finish();
}
