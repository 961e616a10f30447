// Turns the bytes of a photo into the pixels that the model takes, with the decoder that can.
import {
  Budget,
  type DecoderName,
  describeError,
  formats,
  PIXELS_BYTES,
  PIXELS_SIDE,
  Problem,
} from '@synset/shared';
import type { Decoded, Photo, Picture } from './geometry.ts';
import { JimpDecoder } from './jimp.ts';
import { decodeWithSharp, loadSharp } from './sharp.ts';

export interface DecoderOptions {
  readonly decoder: 'auto' | DecoderName;
  readonly maxPixels: number;
  readonly maxDecodePixels: number;
}

export class Decoder {
  readonly #options: DecoderOptions;
  readonly #budget: Budget;
  readonly #jimp = new JimpDecoder();
  readonly #sharp: Awaited<ReturnType<typeof loadSharp>>;
  /** The decoders that may be used, the faster one first. */
  readonly available: readonly DecoderName[];

  private constructor(options: DecoderOptions, sharp: Awaited<ReturnType<typeof loadSharp>>) {
    this.#options = options;
    this.#sharp = sharp;
    this.#budget = new Budget(options.maxDecodePixels);
    this.available = (['sharp', 'jimp'] as const).filter(
      (name) =>
        (options.decoder === 'auto' || options.decoder === name) && (name === 'jimp' || sharp),
    );
  }

  /** Rejects when sharp was asked for by name and is not available. */
  static async create(options: DecoderOptions): Promise<Decoder> {
    const sharp = options.decoder === 'jimp' ? null : await loadSharp();
    if (options.decoder === 'sharp' && !sharp) {
      throw new Error('DECODER: sharp has no library for this machine; use auto or jimp');
    }
    return new Decoder(options, sharp);
  }

  /**
   * Throws a Problem for a photo that cannot be read, whatever is wrong with it, and the reason of
   * `inTime` when that aborts while the photo still waits for its turn; it is asked for only then.
   */
  async decode(
    photo: Picture,
    inTime?: () => AbortSignal,
  ): Promise<Decoded & { decodeMs: number }> {
    if (photo.format === 'rgb224') return { ...asPixels(photo.image), decodeMs: 0 };
    const { maxPixels } = this.#options;
    const pixels = photo.width * photo.height;
    if (pixels > maxPixels) {
      throw new Problem(
        'TOO_MANY_PIXELS',
        `The photo has ${pixels} pixels; at most ${maxPixels} are allowed.`,
      );
    }
    const decoder = this.#decoderFor(photo);
    const budget = this.#budget;
    const release = budget.tryReserve(pixels) ?? (await budget.reserve(pixels, inTime?.()));
    const started = performance.now();
    try {
      const decoded = await decoder(photo);
      return { ...decoded, decodeMs: performance.now() - started };
    } catch (error) {
      throw asProblem(error, photo);
    } finally {
      release();
    }
  }

  /** The pixels of all photos being decoded. */
  get decoding(): Pick<Budget, 'used' | 'limit'> {
    return this.#budget;
  }

  async close(): Promise<void> {
    await this.#jimp.close();
  }

  #decoderFor({ format }: Photo): (photo: Photo) => Promise<Decoded> {
    const { name, decoders } = formats[format];
    const chosen = this.available.find((decoder) =>
      (decoders as readonly string[]).includes(decoder),
    );
    if (chosen === 'sharp' && this.#sharp) return decodeWithSharp.bind(null, this.#sharp);
    if (chosen === 'jimp') return (photo) => this.#jimp.decode(photo);
    throw new Problem(
      'UNSUPPORTED_FORMAT',
      `${name} cannot be read by the decoder in use (${this.available.join(', ')}).`,
    );
  }
}

/** Inferred as they are: who sends pixels has resized and cropped already. */
function asPixels(pixels: Buffer): Decoded {
  if (pixels.length !== PIXELS_BYTES) {
    const detail = `The pixels have ${pixels.length} bytes instead of ${PIXELS_BYTES}.`;
    throw new Problem('IMAGE_UNREADABLE', detail);
  }
  const size = { width: PIXELS_SIDE, height: PIXELS_SIDE };
  return { pixels, ...size, area: { x: 0, y: 0, ...size } };
}

/** Decoders throw plain errors: whatever they say, it is the photo that cannot be read. */
function asProblem(error: unknown, { format }: Photo): Problem {
  if (error instanceof Problem) return error;
  return new Problem(
    'IMAGE_UNREADABLE',
    `The ${formats[format].name} file is damaged or incomplete.`,
    { cause: describeError(error) },
  );
}
