// Inference with ONNX Runtime: some sessions, each in a thread of its own.
import { type PreparedModel, readExplainer } from '@synset/models';
import { Thread } from '../thread.ts';
import { type Backend, type BatchOutput, PHOTO_BYTES, type Started } from './backend.ts';
import type { Batch, Call, ThreadOptions } from './onnx-thread.ts';
import type { SessionOptions } from './session.ts';

export interface OnnxOptions extends SessionOptions {
  readonly sessions: number;
  /** Threads of one more session, for a photo that comes alone; 0: there is none. */
  readonly wideThreads: number;
  /** Photos in each batch where the model takes no other number. */
  readonly batch?: number | undefined;
  /** What answers are explained with, where the model can. */
  readonly explainer?: PreparedModel['explainer'] | undefined;
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
    const { sessions, wideThreads, batch = 1, explainer: file, ...options } = this.#options;
    // Read once: all threads look into the same memory.
    const session = { ...options, explainer: await readExplainer(file) };
    this.#idle.push(...Array.from({ length: sessions }, () => this.#open(session)));
    this.#threads = [...this.#idle];
    if (wideThreads > 0) this.#threads.push(this.#open({ ...session, threads: wideThreads }));
    this.#wide = this.#threads[sessions];
    const [started] = await Promise.all(this.#threads.map((thread) => thread.call(null)));
    const black = () => ({ pixels: new Uint8Array(batch * PHOTO_BYTES), explain: [true] });
    await Promise.all(this.#threads.map((thread) => run(thread, black())));
    return started as Started;
  }

  /** At most `concurrency` calls at a time: the batcher keeps to that. */
  async infer(
    pixels: Uint8Array<ArrayBuffer>,
    alone: boolean,
    explain: readonly boolean[] = [],
  ): Promise<BatchOutput> {
    const batch = { pixels, explain };
    if (alone && this.#wide) return await run(this.#wide, batch);
    const thread = this.#idle.shift();
    if (!thread) throw new Error('more inferences at a time than sessions');
    try {
      return await run(thread, batch);
    } finally {
      this.#idle.push(thread);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }

  #open(options: ThreadOptions): SessionThread {
    const thread: SessionThread = new Thread(SCRIPT, options);
    void thread.ended.then(this.#failed.resolve);
    return thread;
  }
}

const run = async (thread: SessionThread, batch: Batch) =>
  (await thread.call(batch, [batch.pixels.buffer])) as BatchOutput;
