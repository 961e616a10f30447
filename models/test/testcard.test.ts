// The written test card has exactly the layers and the cost of resnet50-v1-12.
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { type Graph, ModelProto, type Node } from '../src/onnx.ts';
import { makeTestCard } from '../src/testcard/make.ts';
import { sharedModelDir } from './helpers.ts';

async function read(name: string) {
  const model = ModelProto.decode(await readFile(await makeTestCard(name, sharedModelDir)));
  return { model, graph: model.graph ?? {} };
}

function operators(graph: Graph): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { opType } of graph.node ?? []) counts[opType ?? ''] = (counts[opType ?? ''] ?? 0) + 1;
  return counts;
}

type Dims = number[];
const dimsOf = (graph: Graph): Map<string, Dims> =>
  new Map(graph.initializer?.map(({ name, dims }) => [name ?? '', dims?.map(Number) ?? []]));

const product = (dims: Dims): number => dims.reduce((total, dim) => total * dim, 1);

function ints(node: Node, name: string): number[] {
  return node.attribute?.find((attribute) => attribute.name === name)?.ints?.map(Number) ?? [];
}

/** Follows the height of the (square) images through the graph and adds up what its layers cost. */
function multiplyAdds(graph: Graph): number {
  const dims = dimsOf(graph);
  const heights = new Map([['data', 224]]);
  let total = 0;
  for (const node of graph.node ?? []) {
    const [from = '', weight = ''] = node.input ?? [];
    let height = heights.get(from) ?? 0;
    if (node.opType === 'Conv' || node.opType === 'MaxPool') {
      const [kernel = 1] = ints(node, 'kernel_shape');
      const padded = height + 2 * (ints(node, 'pads')[0] ?? 0);
      height = Math.floor((padded - kernel) / (ints(node, 'strides')[0] ?? 1)) + 1;
    }
    if (node.opType === 'Conv') total += product(dims.get(weight) ?? []) * height ** 2;
    if (node.opType === 'Gemm') total += product(dims.get(weight) ?? []);
    heights.set(node.output?.[0] ?? '', height);
  }
  return total;
}

describe('testcard', () => {
  it('has the operators of resnet50-v1-12', async () => {
    const { model, graph } = await read('testcard');
    expect(operators(graph)).toEqual({
      Conv: 53,
      BatchNormalization: 53,
      Relu: 49,
      Add: 16,
      MaxPool: 1,
      GlobalAveragePool: 1,
      Flatten: 1,
      Gemm: 1,
    });
    expect(graph.node).toHaveLength(175);
    expect(Number(model.irVersion)).toBe(4);
    expect(model.opsetImport.map(({ version }) => Number(version))).toEqual([12]);
    const names = graph.node?.map(({ name }) => name);
    expect(names).toContain('resnetv17_pool1_fwd');
    expect(names).toContain('resnetv17_dense0_fwd');
    expect(new Set(names).size).toBe(175);
  });

  it('has its parameters and multiply-adds', async () => {
    const { graph } = await read('testcard');
    const sizes = [...dimsOf(graph).values()].map(product);
    expect(sizes.reduce((total, size) => total + size, 0)).toBe(25_629_032);
    const cost = multiplyAdds(graph);
    expect(cost).toBeGreaterThan(3.8e9);
    expect(cost).toBeLessThan(3.95e9);
  });

  it('keeps all weights as raw data of the right length', async () => {
    const { graph } = await read('testcard');
    for (const { name, dims, rawData, floatData } of graph.initializer ?? []) {
      expect(floatData, name ?? '').toHaveLength(0);
      expect(rawData?.length, name ?? '').toBe(4 * product(dims?.map(Number) ?? []));
    }
  });

  it('strides in the first 1x1 convolution of a stage and has biases in the 1x1 ones only', async () => {
    const { graph } = await read('testcard');
    const convs = (graph.node ?? []).filter(({ opType }) => opType === 'Conv');
    const strided = convs.filter((conv) => ints(conv, 'strides')[0] === 2).map(({ name }) => name);
    const stages = [2, 3, 4].flatMap((n) =>
      [0, 3].map((conv) => `resnetv17_stage${n}_conv${conv}_fwd`),
    );
    expect(strided).toEqual(['resnetv17_conv0_fwd', ...stages]);
    // Two in each of 16 blocks.
    expect(convs.filter(({ input }) => input?.length === 3)).toHaveLength(32);
  });
});

describe('testcard-int8', () => {
  it('has the same layers and cost, with normalization folded into the convolutions', async () => {
    const { graph } = await read('testcard-int8');
    const counts = operators(graph);
    expect(counts).toMatchObject({ Conv: 53, Relu: 49, Add: 16, MaxPool: 1, Gemm: 1 });
    expect(counts).not.toHaveProperty('BatchNormalization');
    const quantized = new Map(
      graph.node
        ?.filter(({ opType }) => opType === 'DequantizeLinear')
        .map(({ input, output }) => [output?.[0], dimsOf(graph).get(input?.[0] ?? '')]),
    );
    const weights = (graph.node ?? [])
      .filter(({ opType }) => opType === 'Conv' || opType === 'Gemm')
      .map(({ input }) => product(quantized.get(input?.[1] ?? '') ?? []));
    // All of the 25.5 million weights, without biases and normalization.
    expect(weights.reduce((total, size) => total + size, 0)).toBe(25_502_912);
  });
});

describe('testcard-qop', () => {
  it('has the operators that are known of resnet50-v1-12-int8', async () => {
    const { model, graph } = await read('testcard-qop');
    expect(operators(graph)).toEqual({
      QuantizeLinear: 2,
      QLinearConv: 53,
      MaxPool: 1,
      QLinearAdd: 17,
      QLinearGlobalAveragePool: 1,
      DequantizeLinear: 2,
      Flatten: 1,
      QLinearMatMul: 1,
    });
    expect(graph.node).toHaveLength(78);
    const microsoft = graph.node?.filter(({ domain }) => domain === 'com.microsoft');
    expect(microsoft).toHaveLength(18);
    expect(graph.node?.slice(-7).map(({ opType }) => opType)).toEqual([
      'QLinearGlobalAveragePool',
      'DequantizeLinear',
      'Flatten',
      'QuantizeLinear',
      'QLinearMatMul',
      'QLinearAdd',
      'DequantizeLinear',
    ]);
    expect(graph.node?.at(-7)?.name).toBe('resnetv17_pool1_fwd_quantized');
    expect(Number(model.irVersion)).toBe(4);
    expect(model.opsetImport.map(({ domain, version }) => [domain, Number(version)])).toEqual([
      ['', 12],
      ['com.microsoft', 1],
    ]);
  });

  it('has the same weights as the others, in int8', async () => {
    const { graph } = await read('testcard-qop');
    const dims = dimsOf(graph);
    const weights = (graph.node ?? [])
      .filter(({ opType }) => opType === 'QLinearConv' || opType === 'QLinearMatMul')
      .map(({ input }) => product(dims.get(input?.[3] ?? '') ?? []));
    expect(weights.reduce((total, size) => total + size, 0)).toBe(25_502_912);
  });
});
