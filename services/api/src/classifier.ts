// Sends a photo to the workers and waits for its reply.
import { type Answer, Problem, type Reply } from '@synset/shared';
import type { Photo } from './photo.ts';
import type { Transport } from './transport.ts';

export interface ClassifyOptions {
  /** ID of the job. */
  readonly id: string;
  readonly topK: number;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

export interface Classification {
  readonly answer: Answer;
  /** Milliseconds from queueing the job to its reply. */
  readonly waitMs: number;
}

/** A photo that is queued. Holds none of its bytes: they are with Redis now. */
export interface Ticket {
  readonly id: string;
  /** Rejects with the worker's problem, DEADLINE_EXCEEDED, or the signal's reason. */
  readonly classified: Promise<Classification>;
}

export class Classifier {
  readonly #transport: Transport;
  readonly #timeoutMs: number;
  readonly #waiters = new Map<string, (reply: Reply) => void>();

  constructor(transport: Transport, timeoutMs: number) {
    this.#transport = transport;
    this.#timeoutMs = timeoutMs;
  }

  /** Requests that wait for a reply. */
  get waiting(): number {
    return this.#waiters.size;
  }

  start(): void {
    // Replies to those who have gone, and second replies to a job that ran twice, are dropped.
    this.#transport.start((reply) => this.#waiters.get(reply.jobId)?.(reply));
  }

  /**
   * Resolves when the photo is queued, that is, sent. Rejects like the ticket, or with a problem
   * of the queue.
   */
  async submit(photo: Photo, { id, topK, signal }: ClassifyOptions): Promise<Ticket> {
    signal.throwIfAborted();
    const waiter = Promise.withResolvers<Reply>();
    // The waiter comes first: the reply may be there before the job counts as queued.
    const classified = this.#wait(id, waiter, signal);
    const { sha256: _, ...fields } = photo;
    const queued = this.#transport
      .publish({ id, ...fields, topK, budgetMs: this.#timeoutMs })
      .catch((error) => {
        waiter.reject(error);
        throw error;
      });
    await Promise.race([queued, classified]);
    return { id, classified };
  }

  async #wait(
    id: string,
    { promise, resolve, reject }: PromiseWithResolvers<Reply>,
    signal: AbortSignal,
  ): Promise<Classification> {
    const started = performance.now();
    const onGone = () => reject(signal.reason);
    const onDeadline = () =>
      reject(new Problem('DEADLINE_EXCEEDED', `No worker answered within ${this.#timeoutMs} ms.`));
    // Not AbortSignal.timeout: its timer cannot be cleared and would hold what it refers to.
    const timer = setTimeout(onDeadline, this.#timeoutMs);
    signal.addEventListener('abort', onGone);
    this.#waiters.set(id, resolve);
    try {
      const reply = await promise;
      if (reply.status === 'failed') throw new Problem(reply.code, reply.detail);
      return { answer: reply, waitMs: performance.now() - started };
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', onGone);
      this.#waiters.delete(id);
    }
  }
}
