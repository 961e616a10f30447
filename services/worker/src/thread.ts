// Calls into a worker thread: send a value, await the thread's answer to it.
import { parentPort, type Transferable, Worker } from 'node:worker_threads';

interface Pending<Result> {
  resolve: (result: Result) => void;
  reject: (error: Error) => void;
}

type Message<Result> = { id: number } & ({ result: Result } | { error: Error });

/** A thread that answers calls. When it ends, what is under way rejects. */
export class Thread<Call, Result> {
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending<Result>>();
  readonly #end = Promise.withResolvers<Error>();
  #nextId = 0;
  #ended: Error | undefined;

  constructor(script: URL, workerData?: unknown) {
    this.#worker = new Worker(script, { workerData });
    this.#worker.on('message', (message: Message<Result>) => this.#settle(message));
    this.#worker.on('error', (error: Error) => this.#onEnd(error));
    this.#worker.on('exit', () => this.#onEnd(new Error('the thread ended')));
  }

  get hasEnded(): boolean {
    return this.#ended !== undefined;
  }

  /** Resolves when the thread has ended, with the reason. */
  get ended(): Promise<Error> {
    return this.#end.promise;
  }

  /** `transfer` moves buffers instead of copying them; they are empty here afterwards. */
  call(value: Call, transfer: Transferable[] = []): Promise<Result> {
    if (this.#ended) return Promise.reject(this.#ended);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#worker.postMessage({ id, value }, transfer);
    });
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #settle(message: Message<Result>): void {
    const pending = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if ('error' in message) pending?.reject(message.error);
    else pending?.resolve(message.result);
  }

  #onEnd(error: Error): void {
    this.#ended ??= error;
    this.#end.resolve(error);
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
  }
}

/** The thread's side: answers each call by `handle`; `transfer` names what is moved back. */
export function answerCalls<Call, Result>(
  handle: (value: Call) => Promise<Result>,
  transfer: (result: Result) => Transferable[] = () => [],
): void {
  parentPort?.on('message', async ({ id, value }: { id: number; value: Call }) => {
    try {
      const result = await handle(value);
      parentPort?.postMessage({ id, result }, transfer(result));
    } catch (error) {
      parentPort?.postMessage({ id, error });
    }
  });
}
