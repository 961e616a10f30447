// One inference request: each of its photos is a job of its own, and all are awaited together.
import { randomUUID } from 'node:crypto';
import type { Answer } from '@synset/shared';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ClassifyOptions, Ticket } from '../classifier.ts';
import type { Picture } from '../photo.ts';
import { note } from '../plugins/request-log.ts';
import { clientGone, invalid, isFresh, requestBudget } from '../request.ts';
import type { InferRequest } from '../schemas/inference.ts';
import type { Services } from '../services.ts';
import { readWhole } from '../upload.ts';
import { parseBody } from './body.ts';
import { ofPhoto, readPhotos } from './input.ts';
import { type InferAnswer, type OutputPlan, planOutput, toInferAnswer, topKOf } from './output.ts';

interface Queued {
  readonly request: InferRequest;
  readonly plan: OutputPlan;
  readonly tickets: readonly Ticket[];
}

/** Throws a Problem for whatever keeps any of the photos from its answer. */
export async function infer(
  request: FastifyRequest,
  reply: FastifyReply,
  services: Services,
): Promise<InferAnswer> {
  const failed = new AbortController();
  const signal = AbortSignal.any([clientGone(reply), failed.signal]);
  const started = performance.now();
  try {
    const queued = await queuePhotos(request, signal, services);
    const answers = await Promise.all(queued.tickets.map(answerOf));
    services.reporter.answered(performance.now() - started, answers.length);
    return toInferAnswer(queued.request, queued.plan, answers);
  } catch (error) {
    // Nobody waits for the others any more.
    failed.abort(error);
    throw error;
  }
}

async function answerOf({ classified }: Ticket, index: number): Promise<Answer> {
  try {
    return (await classified).answer;
  } catch (error) {
    throw ofPhoto(error, index);
  }
}

/** Everything that holds the photos' bytes. They are free when it returns: the wait is long. */
async function queuePhotos(
  request: FastifyRequest,
  signal: AbortSignal,
  services: Services,
): Promise<Queued> {
  const { config, inFlight } = services;
  const { headers } = request;
  if ((headers['content-encoding'] ?? 'identity') !== 'identity') {
    throw invalid('Compressed requests are not read.');
  }
  const started = performance.now();
  const budgetMs = requestBudget(request, config.REQUEST_TIMEOUT_MS);
  // JSON is there as bytes and as what they say: together no more than half, as all else.
  const copies = headers['inference-header-content-length'] === undefined ? 2 : 1;
  const maxBytes = Math.floor(config.MAX_IN_FLIGHT_BYTES / 2 / copies);
  const limits = { maxBytes, copies, inFlight, timeoutMs: budgetMs };
  const { image: body, release, free } = await readWhole(request, limits, signal);
  try {
    const parsed = parseBody(body, request);
    const plan = planOutput(parsed.request);
    const photos = readPhotos(parsed, config);
    await request.server.chargeMore(request, photos.length - 1);
    const uploadMs = performance.now() - started;
    const { id: requestId, span } = request;
    const about = {
      requestId,
      span,
      topK: topKOf(plan),
      explain: false,
      fresh: isFresh(request),
    };
    const tickets = await submitAll(photos, { ...about, budgetMs, uploadMs, signal }, services);
    free();
    note(request, { jobIds: tickets.flatMap(({ jobId }) => jobId ?? []) });
    return { request: parsed.request, plan, tickets };
  } finally {
    release();
  }
}

/** Rejects when all have been sent or refused: until then their bytes are needed. */
async function submitAll(
  photos: readonly Picture[],
  options: Omit<ClassifyOptions, 'id'>,
  { classifier, metrics }: Services,
): Promise<Ticket[]> {
  const submitted = photos.map(async (photo) => {
    metrics.uploaded(photo.image.length);
    const ticket = await classifier.submit(photo, { ...options, id: randomUUID() });
    // Looked at when all are queued.
    ticket.classified.catch(() => {});
    return ticket;
  });
  await Promise.allSettled(submitted);
  return await Promise.all(submitted);
}
