// Inference with ONNX Runtime: some sessions, each in a thread of its own.
import { Thread } from '../thread.ts';
import { type Backend, type BatchOutput, PHOTO_BYTES, type Started } from './backend.ts';
import type { Call } from './onnx-thread.ts';
import type { SessionOptions } from './session.ts';

export interface OnnxOptions extends SessionOptions {
  readonly sessions: number;
  /** Threads of one more session, for a photo that comes alone; 0: there is none. */
  readonly wideThreads: number;
  /** Photos in each batch where the model takes no other number. */
  readonly batch?: number | undefined;
}

const SCRIPT = new URL('./onnx-thread.ts', import.meta.url);

type SessionThread = Thread<Call, Started | BatchOutput>;

export class OnnxBackend implements Backend {
  readonly concurrency: number;
  readonly #options: OnnxOptions;
  readonly #idle: SessionThread[] = [];
  #wide: SessionThread | undefined;
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
    const { sessions, wideThreads, batch = 1, ...session } = this.#options;
    this.#idle.push(...Array.from({ length: sessions }, () => this.#open(session)));
    this.#threads = [...this.#idle];
    if (wideThreads > 0) this.#threads.push(this.#open({ ...session, threads: wideThreads }));
    this.#wide = this.#threads[sessions];
    const [started] = await Promise.all(this.#threads.map((thread) => thread.call(null)));
    const black = () => new Uint8Array(batch * PHOTO_BYTES);
    await Promise.all(this.#threads.map((thread) => run(thread, black())));
    return started as Started;
  }

  /** At most `concurrency` calls at a time: the batcher keeps to that. */
  async infer(pixels: Uint8Array<ArrayBuffer>, alone: boolean): Promise<BatchOutput> {
    if (alone && this.#wide) return await run(this.#wide, pixels);
    const thread = this.#idle.shift();
    if (!thread) throw new Error('more inferences at a time than sessions');
    try {
      return await run(thread, pixels);
    } finally {
      this.#idle.push(thread);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }

  #open(options: SessionOptions): SessionThread {
    const thread: SessionThread = new Thread(SCRIPT, options);
    void thread.ended.then(this.#failed.resolve);
    return thread;
  }
}

const run = async (thread: SessionThread, pixels: Uint8Array<ArrayBuffer>) =>
  (await thread.call(pixels, [pixels.buffer])) as BatchOutput;
