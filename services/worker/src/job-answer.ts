// What is told of a classified photo: to whoever waits for its job, and to the cache.
import { type Answer, atMost, isConfident, type Job, type Seen } from '@synset/shared';
import type { Classified } from './pipeline.ts';
import { topK } from './top-k.ts';

/** With at least as many categories as asked for, if there are. */
export function seenOf(
  { probabilities, width, height, area, grids }: Classified,
  { explain }: Pick<Job, 'explain'>,
  { name, trained }: Answer['model'],
  categories: number,
): Seen {
  return {
    // The second is looked at to tell whether the best one is sure.
    categories: topK(probabilities, Math.max(2, categories)),
    model: { name, trained },
    width,
    height,
    ...(explain && { explanation: grids && { area, grids } }),
  };
}

/** `ageMs`: since the job was queued. */
export function answerOf(
  job: Job,
  seen: Seen,
  { decodeMs, inferenceMs }: Classified,
  ageMs: number,
): Answer {
  return {
    jobId: job.id,
    status: 'done',
    ...atMost(seen, job.topK),
    confident: isConfident(seen.categories),
    format: job.format,
    bytes: job.image.length,
    sha256: job.sha256,
    cached: false,
    uploadMs: job.uploadMs,
    queueMs: Math.max(0, ageMs - decodeMs - inferenceMs),
    decodeMs,
    inferenceMs,
  };
}
