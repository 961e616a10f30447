// Reads the numbers of a tensor, whichever of ONNX's ways they are stored in.
import { FLOAT, INT8, INT32, type Tensor, UINT8 } from './onnx.ts';

/** The values of a float32, int8, uint8 or int32 tensor. */
export function valuesOf({ dataType, rawData, floatData, int32Data }: Tensor): Values {
  // A copy, because a view of the file need not lie on a multiple of four bytes.
  const { buffer } = Uint8Array.from(rawData ?? []);
  const raw = buffer.byteLength > 0;
  if (dataType === FLOAT)
    return raw ? new Float32Array(buffer) : Float32Array.from(floatData ?? []);
  const integers = int32Data ?? [];
  if (dataType === INT8) return raw ? new Int8Array(buffer) : Int8Array.from(integers);
  if (dataType === UINT8) return raw ? new Uint8Array(buffer) : Uint8Array.from(integers);
  if (dataType === INT32) return raw ? new Int32Array(buffer) : Int32Array.from(integers);
  throw new Error(`a tensor of type ${dataType} cannot be read`);
}

export type Values = Float32Array | Int8Array | Uint8Array | Int32Array;

export interface Matrix {
  data: Float32Array;
  rows: number;
  columns: number;
}

/**
 * (value - zero point) * scale of a quantized matrix.
 * @param scales one for all, or one for each row or column along `axis`
 */
export function dequantized(
  matrix: Omit<Matrix, 'data'> & { data: ArrayLike<number> },
  scales: ArrayLike<number>,
  zeros: ArrayLike<number>,
  axis: number,
): Matrix {
  const { data, rows, columns } = matrix;
  const made = Float32Array.from(data, (value, i) => {
    const along = axis === 0 ? Math.floor(i / columns) : i % columns;
    const at = scales.length === 1 ? 0 : along;
    return (value - (zeros[zeros.length === 1 ? 0 : at] ?? 0)) * (scales[at] ?? 0);
  });
  return { data: made, rows, columns };
}

export function transposed({ data, rows, columns }: Matrix): Matrix {
  const made = new Float32Array(data.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      made[column * rows + row] = data[row * columns + column] ?? 0;
    }
  }
  return { data: made, rows: columns, columns: rows };
}
