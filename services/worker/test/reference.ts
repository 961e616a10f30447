// The preprocessing that the weights were trained with, exactly: Pillow's bilinear resize of 8-bit
// RGB (short side 256), then the middle 224 x 224. Written for exactness, not for speed.
//
// Pillow's filter is a triangle as wide as the ratio of the sizes, so that it averages when it
// shrinks. It runs over rows first, then over columns, and rounds to eight bits after each.
import { CROP_SIDE, geometry } from '../src/decoder/geometry.ts';

/** Interleaved RGB, 8 bits each. */
export interface Picture {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** Fractional bits of coefficients: 32 less 8 of the pixels less 2 to spare. */
const PRECISION_BITS = 22;

/** What one output pixel is made of: neighbouring input pixels and their weights. */
interface Window {
  readonly from: number;
  readonly weights: readonly number[];
}

function windows(inSize: number, outSize: number): Window[] {
  const scale = inSize / outSize;
  const support = Math.max(scale, 1);
  return Array.from({ length: outSize }, (_, i) => {
    const centre = (i + 0.5) * scale;
    // Pillow truncates after adding a half.
    const from = Math.max(0, Math.trunc(centre - support + 0.5));
    const to = Math.min(inSize, Math.trunc(centre + support + 0.5));
    const raw = Array.from({ length: to - from }, (_, k) =>
      Math.max(0, 1 - Math.abs((k + from - centre + 0.5) / support)),
    );
    const sum = raw.reduce((total, weight) => total + weight, 0);
    const weights = raw.map((weight) => Math.floor(0.5 + (weight / sum) * 2 ** PRECISION_BITS));
    return { from, weights };
  });
}

/** One output value of a window over values that lie `stride` apart. */
function weigh({ from, weights }: Window, data: Uint8Array, start: number, stride: number): number {
  let sum = 2 ** (PRECISION_BITS - 1);
  let at = start + from * stride;
  for (const weight of weights) {
    sum += (data[at] as number) * weight;
    at += stride;
  }
  return Math.min(255, Math.max(0, Math.floor(sum / 2 ** PRECISION_BITS)));
}

function resizeRows({ data, width, height }: Picture, outWidth: number): Picture {
  const made = windows(width, outWidth);
  const out = new Uint8Array(outWidth * height * 3);
  for (let y = 0, to = 0; y < height; y++) {
    for (const window of made) {
      for (let c = 0; c < 3; c++) out[to++] = weigh(window, data, y * width * 3 + c, 3);
    }
  }
  return { data: out, width: outWidth, height };
}

function resizeColumns({ data, width, height }: Picture, outHeight: number): Picture {
  const row = width * 3;
  const out = new Uint8Array(row * outHeight);
  windows(height, outHeight).forEach((window, y) => {
    for (let x = 0; x < row; x++) out[y * row + x] = weigh(window, data, x, row);
  });
  return { data: out, width, height: outHeight };
}

function crop({ data, width }: Picture, left: number, top: number): Uint8Array {
  const out = new Uint8Array(CROP_SIDE * CROP_SIDE * 3);
  for (let y = 0; y < CROP_SIDE; y++) {
    const start = ((top + y) * width + left) * 3;
    out.set(data.subarray(start, start + CROP_SIDE * 3), y * CROP_SIDE * 3);
  }
  return out;
}

/** The pixels that the model should see of an upright photo: [224, 224, 3]. */
export function reference(photo: Picture): Uint8Array {
  const { resized, crop: cut } = geometry(photo);
  // Pillow leaves out a pass that changes nothing.
  const rows = resized.width === photo.width ? photo : resizeRows(photo, resized.width);
  const all = resized.height === rows.height ? rows : resizeColumns(rows, resized.height);
  return crop(all, cut.left, cut.top);
}
