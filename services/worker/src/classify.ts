// One job from its photo to its reply: decode, infer, pick the best categories.
import { type Job, type Logger, Problem, type Reply } from '@synset/shared';
import type { Batcher } from './batcher.ts';
import type { Decoder } from './decoder/decoder.ts';
import { topK } from './top-k.ts';

export interface Classify {
  readonly decoder: Decoder;
  readonly batcher: Batcher;
  readonly model: { name: string; trained: boolean };
  readonly log: Logger;
}

/** Never rejects: what goes wrong becomes a reply too. */
export async function classify(
  job: Job,
  { decoder, batcher, model, log }: Classify,
): Promise<Reply> {
  try {
    const { pixels, width, height, decodeMs } = await decoder.decode(job);
    const { probabilities, inferenceMs } = await batcher.infer(pixels);
    const categories = topK(probabilities, job.topK);
    return {
      jobId: job.id,
      status: 'done',
      categories,
      model,
      width,
      height,
      decodeMs,
      inferenceMs,
    };
  } catch (error) {
    if (error instanceof Problem) {
      log.info({ jobId: job.id, code: error.code, cause: error.cause }, error.message);
      return { jobId: job.id, status: 'failed', code: error.code, detail: error.message };
    }
    log.error({ jobId: job.id, err: error }, 'job failed');
    const detail = 'The worker failed on this photo.';
    return { jobId: job.id, status: 'failed', code: 'JOB_FAILED', detail };
  }
}
