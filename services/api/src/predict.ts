// The whole of one prediction: upload in, answer out.
import { labels } from '@synset/models/labels';
import { Problem } from '@synset/shared';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Classification } from './classifier.ts';
import { inspectPhoto, type Photo } from './photo.ts';
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

export interface Predicted {
  readonly answer: PredictAnswer;
  readonly image: Buffer;
}

/** Throws a Problem for whatever keeps the photo from its answer. */
export async function predict(
  request: FastifyRequest,
  reply: FastifyReply,
  topK: number,
  { config, classifier, inFlight }: Services,
): Promise<Predicted> {
  const started = performance.now();
  const signal = clientGone(reply);
  const limits = { maxBytes: config.MAX_UPLOAD_BYTES, inFlight };
  const { image, release } = await readUpload(request, limits, signal);
  try {
    const photo = inspectPhoto(image, config.MAX_PIXELS);
    const uploadMs = performance.now() - started;
    const classified = await classifier.classify(photo, { topK, signal, onQueued: release });
    const answer = buildAnswer(photo, classified, uploadMs, performance.now() - started);
    return { answer, image };
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
  photo: Photo,
  { id, answer, waitMs }: Classification,
  uploadMs: number,
  totalMs: number,
): PredictAnswer {
  const predictions = answer.categories.map(toPrediction);
  const { decodeMs, inferenceMs, width, height } = answer;
  const { format, image, sha256 } = photo;
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
    image: { format, width, height, bytes: image.length, sha256 },
    cached: false,
    timings: roundTimings({ uploadMs, queueMs, decodeMs, inferenceMs, totalMs }),
  };
}

function toPrediction({ index, score }: { index: number; score: number }): Prediction {
  const category = labels[index];
  if (!category) throw new Error(`the model knows category ${index}, the labels do not`);
  return { ...category, score: Number(score.toFixed(6)) };
}

const roundTimings = (timings: Timings) =>
  Object.fromEntries(
    Object.entries(timings).map(([name, ms]) => [name, Number(ms.toFixed(1))]),
  ) as unknown as Timings;

/** The timings as the header that browsers' tools and the load test read. */
export function serverTiming(timings: Timings): string {
  return Object.entries(timings)
    .map(([name, ms]) => `${name.replace(/Ms$/, '')};dur=${ms}`)
    .join(', ');
}
