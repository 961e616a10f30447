// Sends a photo to the workers and waits for its reply.
import { randomUUID } from 'node:crypto';
import { type Answer, Problem, type Reply } from '@synset/shared';
import type { Photo } from './photo.ts';
import type { Transport } from './transport.ts';

export interface ClassifyOptions {
  readonly topK: number;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  /** Called when the photo's bytes are no longer needed here. */
  readonly onQueued?: () => void;
}

export interface Classification {
  readonly id: string;
  readonly answer: Answer;
  /** Milliseconds from queueing the job to its reply. */
  readonly waitMs: number;
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

  /** Rejects with the worker's problem, DEADLINE_EXCEEDED, or one of the queue's. */
  async classify(photo: Photo, options: ClassifyOptions): Promise<Classification> {
    const id = randomUUID();
    const started = performance.now();
    const deadline = AbortSignal.timeout(this.#timeoutMs);
    const gone = AbortSignal.any([deadline, options.signal]);
    try {
      gone.throwIfAborted();
      const reply = await this.#ask(id, photo, options, gone);
      if (reply.status === 'failed') throw new Problem(reply.code, reply.detail);
      return { id, answer: reply, waitMs: performance.now() - started };
    } catch (error) {
      if (error !== deadline.reason) throw error;
      const detail = `No worker answered within ${this.#timeoutMs} ms.`;
      throw new Problem('DEADLINE_EXCEEDED', detail);
    } finally {
      this.#waiters.delete(id);
    }
  }

  #ask(id: string, photo: Photo, options: ClassifyOptions, gone: AbortSignal): Promise<Reply> {
    return new Promise((resolve, reject) => {
      gone.addEventListener('abort', () => reject(gone.reason), { once: true });
      // Registered before the job is queued: the reply may come before `publish` resolves.
      this.#waiters.set(id, resolve);
      const { sha256: _, ...fields } = photo;
      const job = { id, ...fields, topK: options.topK, budgetMs: this.#timeoutMs };
      this.#transport.publish(job).then(options.onQueued, reject);
    });
  }
}
