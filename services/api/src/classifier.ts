// Gets a photo its answer: from the cache, from a job for the same photo that is under way, or
// from a job of its own.

import {
  type Answer,
  atMost,
  CACHED_CATEGORIES,
  Problem,
  type Reply,
  type Span,
  seenIn,
} from '@synset/shared';
import type { Metrics } from './metrics/metrics.ts';
import type { Picture } from './photo.ts';
import { PREDICTION_TTL_S, type Results } from './results.ts';
import type { Transport } from './transport.ts';

export interface ClassifyOptions {
  /** ID of the answer, and of the job if there is to be one. */
  readonly id: string;
  /** The request that asks, for the logs. */
  readonly requestId: string;
  /** Of the request, where its trace is recorded. */
  readonly span: Span | null;
  readonly topK: number;
  /** Whether the answer comes with its reasons. */
  readonly explain: boolean;
  /** Longest wait for the answer. */
  readonly budgetMs: number;
  /** Milliseconds that the upload took. */
  readonly uploadMs: number;
  /** Whether only a job of its own will do. */
  readonly fresh: boolean;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

export interface Classification {
  readonly answer: Answer;
  /** Milliseconds from asking to the answer. */
  readonly waitMs: number;
}

/** A photo that is queued, or needs not be. Holds none of its bytes: they are with Redis now. */
export interface Ticket {
  /** The job that brings the answer; null where it was known. */
  readonly jobId: string | null;
  /** Rejects with the worker's problem, DEADLINE_EXCEEDED, or the signal's reason. */
  readonly classified: Promise<Classification>;
}

/** A job whose reply is waited for. */
interface Running extends PromiseWithResolvers<Reply> {
  readonly id: string;
  readonly sha256: string;
  readonly topK: number;
  readonly explain: boolean;
  /** Of the request that made it, where its trace is recorded. */
  readonly span: Span | null;
  /** When its budget is spent. */
  readonly endsAt: number;
  waiters: number;
  /** False while Redis has not said that it has the job. */
  queued: boolean;
  /** Whether someone was told that the result can be asked for later. */
  promised: boolean;
}

export class Classifier {
  readonly #transport: Transport;
  readonly #results: Pick<Results, 'cached' | 'keep'>;
  readonly #metrics: Metrics;
  readonly #running = new Map<string, Running>();
  /** The last job of each photo. */
  readonly #byPhoto = new Map<string, Running>();

  constructor(transport: Transport, results: Pick<Results, 'cached' | 'keep'>, metrics: Metrics) {
    this.#transport = transport;
    this.#results = results;
    this.#metrics = metrics;
  }

  /** Jobs whose reply is waited for. */
  get waiting(): number {
    return this.#running.size;
  }

  start(): void {
    // Replies to those who have gone, and second replies to a job that ran twice, are dropped.
    this.#transport.start((reply) => this.#running.get(reply.jobId)?.resolve(reply));
  }

  /**
   * Resolves when the photo's bytes are needed no more. Rejects like the ticket, or with a problem
   * of the queue.
   */
  async submit(photo: Picture, options: ClassifyOptions): Promise<Ticket> {
    options.signal.throwIfAborted();
    if (!options.fresh) {
      const known = await this.#fromCache(photo, options);
      if (known) return { jobId: null, classified: Promise.resolve(known) };
      const running = this.#joinable(photo, options);
      if (running) return { jobId: running.id, classified: this.#join(running, options) };
    }
    return await this.#publish(photo, options);
  }

  async #fromCache(photo: Picture, options: ClassifyOptions): Promise<Classification | null> {
    if (options.topK > CACHED_CATEGORIES) return null;
    const started = performance.now();
    const known = await this.#results.cached(photo.sha256, options.explain);
    if (!known) return null;
    const { sha256, format, image } = photo;
    const answer: Answer = {
      ...seenIn(known, options.topK),
      jobId: options.id,
      status: 'done',
      format,
      bytes: image.length,
      sha256,
      cached: true,
      uploadMs: options.uploadMs,
      queueMs: performance.now() - started,
      decodeMs: 0,
      inferenceMs: 0,
    };
    this.#results.keep(answer);
    this.#metrics.predicted(answer, options.uploadMs, answer.queueMs);
    return { answer, waitMs: answer.queueMs };
  }

  /** A job for the same photo that says enough, and is given up not long before this one would. */
  #joinable({ sha256 }: Picture, { topK, explain, budgetMs }: ClassifyOptions): Running | null {
    const running = this.#byPhoto.get(sha256);
    if (!running || running.topK < topK || (explain && !running.explain)) return null;
    return running.endsAt - performance.now() >= budgetMs / 2 ? running : null;
  }

  async #join(running: Running, options: ClassifyOptions): Promise<Classification> {
    if (running.span) options.span?.link(running.span.traceparent, 'joined');
    this.#metrics.joined();
    const joined = await this.#wait(running, options);
    this.#results.keep(joined.answer);
    return joined;
  }

  async #publish(photo: Picture, options: ClassifyOptions): Promise<Ticket> {
    const { id, requestId, span, topK, explain, budgetMs, uploadMs } = options;
    const running: Running = {
      ...Promise.withResolvers<Reply>(),
      id,
      sha256: photo.sha256,
      topK,
      explain,
      span,
      endsAt: performance.now() + budgetMs,
      waiters: 0,
      queued: false,
      promised: false,
    };
    // The waiter comes first: the reply may be there before the job counts as queued.
    this.#running.set(id, running);
    this.#byPhoto.set(photo.sha256, running);
    const classified = this.#wait(running, options);
    const resultTtlS = PREDICTION_TTL_S;
    const queued = this.#transport
      .publish({
        id,
        requestId,
        span,
        ...photo,
        topK,
        explain,
        budgetMs,
        uploadMs,
        resultTtlS,
        awaited: true,
      })
      .then(
        () => {
          running.queued = true;
        },
        (error) => {
          running.reject(error);
          throw error;
        },
      );
    await Promise.race([queued, classified]);
    return { jobId: id, classified };
  }

  async #wait(running: Running, options: ClassifyOptions): Promise<Classification> {
    const { budgetMs, signal } = options;
    const started = performance.now();
    const { promise: ended, reject } = Promise.withResolvers<never>();
    const onGone = () => reject(signal.reason);
    const onDeadline = () => {
      // Nothing can be promised of a job that may never have reached Redis.
      if (running.queued) running.promised = true;
      const detail = `No worker answered within ${budgetMs} ms.`;
      const later = running.queued ? { jobId: running.id } : {};
      reject(new Problem('DEADLINE_EXCEEDED', detail, later));
    };
    // Not AbortSignal.timeout: its timer cannot be cleared and would hold what it refers to.
    const timer = setTimeout(onDeadline, budgetMs);
    signal.addEventListener('abort', onGone);
    running.waiters++;
    try {
      const reply = await Promise.race([running.promise, ended]);
      if (reply.status === 'failed') throw new Problem(reply.code, reply.detail);
      const waitMs = performance.now() - started;
      this.#metrics.predicted(reply, options.uploadMs, waitMs);
      return { answer: asAskedFor(reply, options), waitMs };
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', onGone);
      if (--running.waiters === 0) this.#forget(running, signal.aborted);
    }
  }

  #forget(running: Running, hungUp: boolean): void {
    this.#running.delete(running.id);
    if (this.#byPhoto.get(running.sha256) === running) this.#byPhoto.delete(running.sha256);
    if (!hungUp || running.promised) return;
    const leftMs = running.endsAt - performance.now();
    if (leftMs <= 0) return;
    this.#metrics.withdrew();
    void this.#transport.withdraw(running.id, leftMs);
  }
}

/** What a job brought, as one of those who waited for it asked; older workers explain nothing. */
function asAskedFor(answer: Answer, { id, topK, explain, uploadMs }: ClassifyOptions): Answer {
  const { explanation = null, ...all } = answer;
  return atMost({ ...all, jobId: id, uploadMs, ...(explain && { explanation }) }, topK);
}
