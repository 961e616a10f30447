// The whole of one prediction: upload in, answer out.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { toPredictAnswer } from './answer.ts';
import type { Ticket } from './classifier.ts';
import { inspectPhoto } from './photo.ts';
import { note } from './plugins/request-log.ts';
import { clientGone, isFresh, requestBudget } from './request.ts';
import type { PredictAnswer } from './schemas/prediction.ts';
import type { Services } from './services.ts';
import { readUpload } from './upload.ts';

export interface PredictOptions {
  readonly topK: number;
  readonly explain: boolean;
  /** Awaited before the photo is queued under the ID. */
  readonly onPhoto?: (id: string, image: Buffer) => Promise<void>;
}

/** Throws a Problem for whatever keeps the photo from its answer. */
export async function predict(
  request: FastifyRequest,
  reply: FastifyReply,
  options: PredictOptions,
  services: Services,
): Promise<PredictAnswer> {
  const started = performance.now();
  const ticket = await queuePhoto(request, clientGone(reply), options, services);
  const { answer, waitMs } = await ticket.classified;
  const totalMs = performance.now() - started;
  services.reporter.answered(totalMs);
  const queueMs = Math.max(0, waitMs - answer.decodeMs - answer.inferenceMs);
  return toPredictAnswer(answer, { queueMs, totalMs });
}

/** Everything that holds the photo's bytes. They are free when it returns: the wait is long. */
async function queuePhoto(
  request: FastifyRequest,
  signal: AbortSignal,
  { topK, explain, onPhoto }: PredictOptions,
  { config, classifier, inFlight, metrics }: Services,
): Promise<Ticket> {
  const started = performance.now();
  const budgetMs = requestBudget(request, config.REQUEST_TIMEOUT_MS);
  const limits = { maxBytes: config.MAX_UPLOAD_BYTES, inFlight, timeoutMs: budgetMs };
  const { image, release, free } = await readUpload(request, limits, signal);
  metrics.uploaded(image.length);
  try {
    const photo = inspectPhoto(image, config.MAX_PIXELS);
    const uploadMs = performance.now() - started;
    const { id, span } = request;
    await onPhoto?.(id, image);
    const options = {
      id,
      requestId: id,
      span,
      topK,
      explain,
      budgetMs,
      uploadMs,
      fresh: isFresh(request),
      signal,
    };
    const ticket = await classifier.submit(photo, options);
    free();
    note(request, ticket.jobId === null ? { cached: true } : { jobId: ticket.jobId });
    return ticket;
  } finally {
    release();
  }
}
