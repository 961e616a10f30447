// Resizes as Pillow's bilinear filter does, and only what the crop keeps: rows first, then columns,
// rounded to eight bits after each. The filter is a triangle that widens as it shrinks a photo.
import { CROP_SIDE, type Geometry } from './geometry.ts';

export interface Raster {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  /** 3 or 4 bytes a pixel; the fourth is ignored. */
  readonly channels: number;
}

/** Fractional bits of the weights: 32 less the sign, less 8 of the pixels, less 1 to spare. */
const BITS = 22;
const HALF = 1 << (BITS - 1);

interface Window {
  readonly from: number;
  readonly weights: Int32Array;
}

/** Which input pixels make each of the output pixels from `start`, and how much. */
function windows(inSize: number, outSize: number, start: number): Window[] {
  const scale = inSize / outSize;
  const support = Math.max(scale, 1);
  return Array.from({ length: CROP_SIDE }, (_, i) => {
    const centre = (start + i + 0.5) * scale;
    const from = Math.max(0, Math.trunc(centre - support + 0.5));
    const to = Math.min(inSize, Math.trunc(centre + support + 0.5));
    const heights = Float64Array.from({ length: to - from }, (_, k) =>
      Math.max(0, 1 - Math.abs(from + k + 0.5 - centre) / support),
    );
    const sum = heights.reduce((total, height) => total + height, 0);
    return { from, weights: Int32Array.from(heights, (h) => Math.round((h / sum) * 2 ** BITS)) };
  });
}

/** The middle of the photo, resized: [224, 224, 3]. */
export function resizeAndCrop(photo: Raster, { resized, crop }: Geometry): Uint8Array<ArrayBuffer> {
  const columns = windows(photo.width, resized.width, crop.left);
  const rows = windows(photo.height, resized.height, crop.top);
  const last = rows[CROP_SIDE - 1] as Window;
  const top = (rows[0] as Window).from;
  const narrow = resizeRows(photo, columns, top, last.from + last.weights.length);
  return resizeColumns(narrow, rows, top);
}

/** Rows `top` to `bottom` of the photo as [bottom - top, 224, 3]. */
function resizeRows(
  { data, width, channels }: Raster,
  columns: Window[],
  top: number,
  bottom: number,
) {
  const out = new Uint8ClampedArray((bottom - top) * CROP_SIDE * 3);
  let to = 0;
  for (let y = top; y < bottom; y++) {
    for (const { from, weights } of columns) {
      let [red, green, blue] = [HALF, HALF, HALF];
      let at = (y * width + from) * channels;
      for (let k = 0; k < weights.length; k++, at += channels) {
        const weight = weights[k] as number;
        red += (data[at] as number) * weight;
        green += (data[at + 1] as number) * weight;
        blue += (data[at + 2] as number) * weight;
      }
      out[to++] = red >> BITS;
      out[to++] = green >> BITS;
      out[to++] = blue >> BITS;
    }
  }
  return out;
}

/** `narrow` begins with row `top` of the photo. */
function resizeColumns(narrow: Uint8ClampedArray, rows: Window[], top: number) {
  const row = CROP_SIDE * 3;
  const out = new Uint8ClampedArray(CROP_SIDE * row);
  const sums = new Int32Array(row);
  rows.forEach(({ from, weights }, y) => {
    sums.fill(HALF);
    weights.forEach((weight, k) => {
      const at = (from - top + k) * row;
      for (let x = 0; x < row; x++) {
        sums[x] = (sums[x] as number) + (narrow[at + x] as number) * weight;
      }
    });
    for (let x = 0; x < row; x++) out[y * row + x] = (sums[x] as number) >> BITS;
  });
  return new Uint8Array(out.buffer);
}
