// An answer as the client gets it.
import { labels } from '@synset/models/labels';
import { type Answer, isConfident } from '@synset/shared';
import type { Explanation, PredictAnswer, Prediction, Timings } from './schemas/prediction.ts';

/** `measured` is what whoever waited for the answer knows better than the worker. */
export function toPredictAnswer(
  answer: Answer,
  measured: Partial<Pick<Timings, 'queueMs' | 'totalMs'>> = {},
): PredictAnswer {
  const predictions = answer.categories.map(toPrediction);
  const [best] = predictions;
  if (!best) throw new Error('an answer without categories');
  const { format, width, height, bytes, sha256, cached, model } = answer;
  const { uploadMs, queueMs, decodeMs, inferenceMs } = answer;
  const totalMs = uploadMs + queueMs + decodeMs + inferenceMs;
  return {
    success: true,
    id: answer.jobId,
    prediction: best.label,
    score: best.score,
    confident: answer.confident ?? isConfident(answer.categories),
    predictions,
    ...(answer.explanation !== undefined && { explanation: toExplanation(answer) }),
    model,
    image: { format, width, height, bytes, sha256 },
    cached,
    timings: roundTimings({ uploadMs, queueMs, decodeMs, inferenceMs, totalMs, ...measured }),
  };
}

function toPrediction({ index, score }: { index: number; score: number }): Prediction {
  const category = labels[index];
  if (!category) throw new Error(`the model knows category ${index}, the labels do not`);
  return { ...category, score: Number(score.toFixed(6)) };
}

/** The grids are those of the first categories. */
function toExplanation({ categories, explanation }: Answer): Explanation | null {
  if (!explanation) return null;
  const explained = explanation.grids.map((grid, i) => ({
    category: categories[i]?.index ?? 0,
    grid,
  }));
  const [best, ...others] = explained;
  return best ? { ...best, area: explanation.area, others } : null;
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
