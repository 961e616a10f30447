// Decoding with jimp, in a thread that is started when the first photo needs it.
import { Budget, Problem } from '@synset/shared';
import { Thread } from '../thread.ts';
import type { Decoded, Photo } from './geometry.ts';
import { guardJimp } from './jimp-guard.ts';

/** jimp holds a photo's pixels several times over: 50 million would take 1.3 GB. */
export const JIMP_MAX_PIXELS = 16_000_000;
/** 16 million pixels take it 1 to 3 s; what takes much longer is made to. */
const JIMP_TIMEOUT_MS = 5000;

export class JimpDecoder {
  /** One photo at a time, so that one that is ended takes no other with it. */
  readonly #turn = new Budget(1);
  #thread: Thread<Uint8Array, Decoded> | undefined;

  async decode(photo: Photo): Promise<Decoded> {
    const pixels = photo.width * photo.height;
    if (pixels > JIMP_MAX_PIXELS) {
      throw new Problem(
        'TOO_MANY_PIXELS',
        `The photo has ${pixels} pixels; the jimp decoder takes at most ${JIMP_MAX_PIXELS}.`,
      );
    }
    const image = guardJimp(photo);
    const done = await this.#turn.reserve(1);
    try {
      if (!this.#thread || this.#thread.hasEnded) {
        this.#thread = new Thread(new URL('./jimp-thread.ts', import.meta.url));
      }
      return await this.#callInTime(this.#thread, image);
    } finally {
      done();
    }
  }

  /** The thread cannot be interrupted, only ended: the next photo starts another. */
  async #callInTime(thread: Thread<Uint8Array, Decoded>, image: Buffer): Promise<Decoded> {
    const { promise: tooLate, reject } = Promise.withResolvers<never>();
    const detail = `The photo could not be decoded within ${JIMP_TIMEOUT_MS} ms.`;
    const timer = setTimeout(() => {
      // Before the next photo's turn: its thread must not be the one that is ending.
      this.#thread = undefined;
      void thread.close();
      reject(new Problem('IMAGE_UNREADABLE', detail));
    }, JIMP_TIMEOUT_MS);
    try {
      return await Promise.race([thread.call(image), tooLate]);
    } finally {
      clearTimeout(timer);
    }
  }

  async close(): Promise<void> {
    await this.#thread?.close();
  }
}
