// The parts of the ONNX format that this package reads and writes, over onnx-proto (protobufjs).
import onnxProto, { type onnx } from 'onnx-proto';

// onnx-proto is CommonJS without detectable names, so everything comes through its default export.
export const { ModelProto } = onnxProto.onnx;
const { AttributeProto, TensorProto } = onnxProto.onnx;

export type Model = onnx.IModelProto;
export type Graph = onnx.IGraphProto;
export type Node = onnx.INodeProto;
export type Tensor = onnx.ITensorProto;
export type ValueInfo = onnx.IValueInfoProto;
export type Dimension = onnx.TensorShapeProto.IDimension;

export const FLOAT = TensorProto.DataType.FLOAT;
export const UINT8 = TensorProto.DataType.UINT8;
export const INT8 = TensorProto.DataType.INT8;
export const INT32 = TensorProto.DataType.INT32;
export const EXTERNAL = TensorProto.DataLocation.EXTERNAL;

type Data = Float32Array | BigInt64Array | Int32Array | Int8Array | Uint8Array;

function dataType(data: Data): number {
  if (data instanceof Float32Array) return FLOAT;
  if (data instanceof BigInt64Array) return TensorProto.DataType.INT64;
  if (data instanceof Int32Array) return INT32;
  return data instanceof Int8Array ? INT8 : UINT8;
}

/** A tensor whose values lie in `raw_data` (little-endian, as every platform of Node is); not copied. */
export function tensor(name: string, dims: number[], data: Data): Tensor {
  const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return { name, dims, dataType: dataType(data), rawData };
}

type Attribute = number | number[] | { float: number };

function attribute(name: string, value: Attribute): onnx.IAttributeProto {
  const types = AttributeProto.AttributeType;
  if (Array.isArray(value)) return { name, type: types.INTS, ints: value };
  if (typeof value === 'number') return { name, type: types.INT, i: value };
  return { name, type: types.FLOAT, f: value.float };
}

/** A node with one output, after which it is named. Numbers are int attributes. */
export function node(
  opType: string,
  input: string[],
  output: string,
  attributes: Record<string, Attribute> = {},
): Node {
  const list = Object.entries(attributes).map(([name, value]) => attribute(name, value));
  return { opType, name: output, input, output: [output], attribute: list };
}

/** An input or output of a graph; a dimension given as a word is free. */
export function valueInfo(name: string, elemType: number, dims: (number | string)[]): ValueInfo {
  const dim = dims.map((size) =>
    typeof size === 'number' ? { dimValue: size } : { dimParam: size },
  );
  return { name, type: { tensorType: { elemType, shape: { dim } } } };
}
