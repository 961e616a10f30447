// Says what is in an ONNX file: what goes in and out, operators, size.
import onnxProto from 'onnx-proto';
import { decodeModel, realInputs } from './graph.ts';
import type { Dimension, Graph, Model, Tensor, ValueInfo } from './onnx.ts';

const { DataType } = onnxProto.onnx.TensorProto;

/** Names and values, one pair a line of the output. */
export function inspectModel(bytes: Uint8Array, file: string): [string, string][] {
  const model = decodeModel(bytes, file);
  const { graph } = model;
  return [
    ['file', `${file}, ${bytes.length} bytes`],
    ...realInputs(graph).map((value): [string, string] => ['input', showValue(value)]),
    ...(graph.output ?? []).map((value): [string, string] => ['output', showValue(value)]),
    ['opset', showOpsets(model)],
    ['ir', String(model.irVersion ?? '?')],
    ['producer', [model.producerName, model.producerVersion].filter(Boolean).join(' ') || '?'],
    ['parameters', showParameters(graph)],
    ['operators', showOperators(graph)],
  ];
}

function showValue({ name, type }: ValueInfo): string {
  const { elemType, shape } = type?.tensorType ?? {};
  const dims = (shape?.dim ?? []).map(showDimension).join(',');
  return `${name} ${typeName(elemType ?? 0)} [${dims}]`;
}

const showDimension = ({ dimValue, dimParam }: Dimension): string =>
  Number(dimValue ?? 0) > 0 ? String(dimValue) : dimParam || '?';

/** FLOAT is called float32 everywhere else. */
function typeName(type: number): string {
  const name = DataType[type]?.toLowerCase() ?? `type ${type}`;
  return name === 'float' ? 'float32' : name;
}

function showOpsets({ opsetImport }: Model): string {
  return (opsetImport ?? [])
    .map(({ domain, version }) => `${domain ? `${domain} ` : ''}${version}`)
    .join(', ');
}

/** Quantized files hold scales and zero points among their weights; these are counted too. */
function showParameters({ initializer }: Graph): string {
  const counts = new Map<string, number>();
  for (const weight of initializer ?? []) {
    const type = typeName(weight.dataType ?? 0);
    counts.set(type, (counts.get(type) ?? 0) + sizeOf(weight));
  }
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const types = [...counts].map(([type, count]) => `${count} ${type}`).join(', ');
  return `${total}${types ? ` (${types})` : ''}`;
}

const sizeOf = ({ dims }: Tensor): number =>
  (dims ?? []).reduce<number>((product, dim) => product * Number(dim), 1);

function showOperators({ node }: Graph): string {
  const counts = new Map<string, number>();
  for (const { opType, domain } of node ?? []) {
    const name = domain && domain !== 'ai.onnx' ? `${domain}.${opType}` : `${opType}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  return `${node?.length ?? 0} (${sorted.map(([name, count]) => `${count} ${name}`).join(', ')})`;
}
