// Decoding with jimp, in a thread that is started when the first photo needs it.
import { Problem } from '@synset/shared';
import { Thread } from '../thread.ts';
import type { Decoded, Photo } from './geometry.ts';

/** jimp holds a photo's pixels several times over: 50 million would take 1.3 GB. */
export const JIMP_MAX_PIXELS = 16_000_000;

export class JimpDecoder {
  #thread: Thread<Uint8Array, Decoded> | undefined;

  async decode(photo: Photo): Promise<Decoded> {
    const pixels = photo.width * photo.height;
    if (pixels > JIMP_MAX_PIXELS) {
      throw new Problem(
        'TOO_MANY_PIXELS',
        `The photo has ${pixels} pixels; the jimp decoder takes at most ${JIMP_MAX_PIXELS}.`,
      );
    }
    if (!this.#thread || this.#thread.hasEnded) {
      this.#thread = new Thread(new URL('./jimp-thread.ts', import.meta.url));
    }
    return await this.#thread.call(photo.image);
  }

  async close(): Promise<void> {
    await this.#thread?.close();
  }
}
