// Inference with ONNX Runtime: some sessions, each in a thread of its own.
import { Thread } from '../thread.ts';
import { type Backend, type BatchOutput, PHOTO_BYTES, type Started } from './backend.ts';
import type { Call } from './onnx-thread.ts';
import type { SessionOptions } from './session.ts';

export interface OnnxOptions extends SessionOptions {
  readonly sessions: number;
  /** Photos in each batch where the model takes no other number. */
  readonly batch?: number | undefined;
}

type SessionThread = Thread<Call, Started | BatchOutput>;

export class OnnxBackend implements Backend {
  readonly concurrency: number;
  readonly #options: OnnxOptions;
  readonly #idle: SessionThread[] = [];
  readonly #failed = Promise.withResolvers<Error>();
  #threads: SessionThread[] = [];

  constructor(options: OnnxOptions) {
    this.#options = options;
    this.concurrency = options.sessions;
  }

  get failed(): Promise<Error> {
    return this.#failed.promise;
  }

  async start(): Promise<Started> {
    const { sessions, batch = 1, ...session } = this.#options;
    const script = new URL('./onnx-thread.ts', import.meta.url);
    this.#threads = Array.from({ length: sessions }, () => new Thread(script, session));
    for (const thread of this.#threads) void thread.ended.then(this.#failed.resolve);
    this.#idle.push(...this.#threads);
    const [started] = await Promise.all(this.#threads.map((thread) => thread.call(null)));
    await Promise.all(this.#threads.map(() => this.infer(new Uint8Array(batch * PHOTO_BYTES))));
    return started as Started;
  }

  /** At most `concurrency` calls at a time: the batcher keeps to that. */
  async infer(pixels: Uint8Array<ArrayBuffer>): Promise<BatchOutput> {
    const thread = this.#idle.shift();
    if (!thread) throw new Error('more inferences at a time than sessions');
    try {
      return (await thread.call(pixels, [pixels.buffer])) as BatchOutput;
    } finally {
      this.#idle.push(thread);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }
}
