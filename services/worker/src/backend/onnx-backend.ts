// Inference with ONNX Runtime: some sessions, each in a thread of its own.
import { Thread } from '../thread.ts';
import { type Backend, type BatchOutput, PHOTO_BYTES } from './backend.ts';
import type { SessionOptions } from './onnx-thread.ts';

export interface OnnxOptions extends SessionOptions {
  readonly sessions: number;
}

export class OnnxBackend implements Backend {
  readonly concurrency: number;
  readonly #options: OnnxOptions;
  readonly #idle: Thread<Uint8Array, BatchOutput>[] = [];
  readonly #failed = Promise.withResolvers<Error>();
  #threads: Thread<Uint8Array, BatchOutput>[] = [];

  constructor(options: OnnxOptions) {
    this.#options = options;
    this.concurrency = options.sessions;
  }

  get failed(): Promise<Error> {
    return this.#failed.promise;
  }

  async start(): Promise<void> {
    const { sessions, ...session } = this.#options;
    const script = new URL('./onnx-thread.ts', import.meta.url);
    this.#threads = Array.from({ length: sessions }, () => new Thread(script, session));
    for (const thread of this.#threads) void thread.ended.then(this.#failed.resolve);
    this.#idle.push(...this.#threads);
    await Promise.all(this.#threads.map(() => this.infer(new Uint8Array(PHOTO_BYTES))));
  }

  /** At most `concurrency` calls at a time: the batcher keeps to that. */
  async infer(pixels: Uint8Array<ArrayBuffer>): Promise<BatchOutput> {
    const thread = this.#idle.shift();
    if (!thread) throw new Error('more inferences at a time than sessions');
    try {
      return await thread.call(pixels, [pixels.buffer]);
    } finally {
      this.#idle.push(thread);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }
}
