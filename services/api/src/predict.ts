// The whole of one prediction: upload in, answer out.
import { randomUUID } from 'node:crypto';
import { labels } from '@synset/models/labels';
import { Problem } from '@synset/shared';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Classification, Ticket } from './classifier.ts';
import { inspectPhoto } from './photo.ts';
import type { Services } from './services.ts';
import { readUpload } from './upload.ts';

export interface Prediction {
  readonly index: number;
  readonly synset: string;
  readonly label: string;
  readonly score: number;
}

export interface PredictAnswer {
  readonly success: true;
  readonly id: string;
  readonly prediction: string;
  readonly score: number;
  readonly predictions: readonly Prediction[];
  readonly model: { name: string; trained: boolean };
  readonly image: { format: string; width: number; height: number; bytes: number; sha256: string };
  readonly cached: boolean;
  readonly timings: Timings;
}

export interface Timings {
  readonly uploadMs: number;
  /** All the time between upload and answer that was neither decoding nor inference. */
  readonly queueMs: number;
  readonly decodeMs: number;
  readonly inferenceMs: number;
  readonly totalMs: number;
}

export interface PredictOptions {
  readonly topK: number;
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
  const { ticket, facts, uploadMs } = await queuePhoto(
    request,
    clientGone(reply),
    options,
    services,
  );
  const classification = await ticket.classified;
  const totalMs = performance.now() - started;
  return buildAnswer(ticket.id, facts, classification, { uploadMs, totalMs });
}

/** What an answer says of its photo. */
type PhotoFacts = Pick<PredictAnswer['image'], 'format' | 'bytes' | 'sha256'>;

interface Queued {
  readonly ticket: Ticket;
  readonly facts: PhotoFacts;
  readonly uploadMs: number;
}

/** Everything that holds the photo's bytes. They are free when it returns: the wait is long. */
async function queuePhoto(
  request: FastifyRequest,
  signal: AbortSignal,
  { topK, onPhoto }: PredictOptions,
  { config, classifier, inFlight }: Services,
): Promise<Queued> {
  const started = performance.now();
  const { MAX_UPLOAD_BYTES: maxBytes, REQUEST_TIMEOUT_MS: timeoutMs } = config;
  const limits = { maxBytes, inFlight, timeoutMs };
  const { image, release, free } = await readUpload(request, limits, signal);
  try {
    const photo = inspectPhoto(image, config.MAX_PIXELS);
    const { format, sha256 } = photo;
    const uploadMs = performance.now() - started;
    const id = randomUUID();
    await onPhoto?.(id, image);
    const ticket = await classifier.submit(photo, { id, topK, signal });
    const facts = { format, bytes: image.length, sha256 };
    free();
    return { ticket, facts, uploadMs };
  } finally {
    release();
  }
}

/** Aborted when the client hangs up before it has its answer. */
function clientGone(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once('close', () => {
    if (reply.raw.writableFinished) return;
    controller.abort(new Problem('UPLOAD_TRUNCATED', 'The client closed the connection.'));
  });
  return controller.signal;
}

function buildAnswer(
  id: string,
  facts: PhotoFacts,
  { answer, waitMs }: Classification,
  measured: { uploadMs: number; totalMs: number },
): PredictAnswer {
  const predictions = answer.categories.map(toPrediction);
  const { decodeMs, inferenceMs, width, height } = answer;
  const queueMs = Math.max(0, waitMs - decodeMs - inferenceMs);
  const [best] = predictions;
  if (!best) throw new Error('an answer without categories');
  return {
    success: true,
    id,
    prediction: best.label,
    score: best.score,
    predictions,
    model: answer.model,
    image: { ...facts, width, height },
    cached: false,
    timings: roundTimings({ ...measured, queueMs, decodeMs, inferenceMs }),
  };
}

function toPrediction({ index, score }: { index: number; score: number }): Prediction {
  const category = labels[index];
  if (!category) throw new Error(`the model knows category ${index}, the labels do not`);
  return { ...category, score: Number(score.toFixed(6)) };
}

function roundTimings({ uploadMs, queueMs, decodeMs, inferenceMs, totalMs }: Timings): Timings {
  const round = (ms: number) => Number(ms.toFixed(1));
  return {
    uploadMs: round(uploadMs),
    queueMs: round(queueMs),
    decodeMs: round(decodeMs),
    inferenceMs: round(inferenceMs),
    totalMs: round(totalMs),
  };
}

/** The timings as the header that browsers' tools and the load test read. */
export function serverTiming(timings: Timings): string {
  return Object.entries(timings)
    .map(([name, ms]) => `${name.replace(/Ms$/, '')};dur=${ms}`)
    .join(', ');
}
