// What a decoder gets and gives.
import type { Format } from '@synset/shared';

export interface Photo {
  readonly image: Buffer;
  readonly format: Format;
  /** Size in the header, before orientation. */
  readonly width: number;
  readonly height: number;
  /** EXIF orientation 1..8 as far as the header told it. */
  readonly orientation: number;
}

export interface Decoded {
  /** uint8, [224, 224, 3], RGB: upright, short side to 256, the middle 224 x 224 of it. */
  readonly pixels: Uint8Array;
  /** Size of the whole photo, seen upright. */
  readonly width: number;
  readonly height: number;
}

/** Short side after resizing, and side of the square cut from its middle (as the weights were trained). */
export const RESIZE_SIDE = 256;
export const CROP_SIDE = 224;
export const CROP_OFFSET = (RESIZE_SIDE - CROP_SIDE) / 2;
