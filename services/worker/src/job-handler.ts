// One stream entry from reading to its end: a reply, or nothing where nobody waits any more.
import {
  decodeJob,
  describeError,
  type Job,
  type Logger,
  Problem,
  type RedisClock,
  type Reply,
} from '@synset/shared';
import type { Batcher } from './batcher.ts';
import type { Entry } from './consumer.ts';
import type { Decoder } from './decoder/decoder.ts';
import type { Replier } from './replier.ts';
import { topK } from './top-k.ts';

export interface JobHandlerOptions {
  readonly decoder: Decoder;
  readonly batcher: Batcher;
  readonly replier: Replier;
  readonly clock: RedisClock;
  readonly model: { name: string; trained: boolean };
  readonly log: Logger;
}

export class JobHandler {
  readonly #options: JobHandlerOptions;
  #jobsDone = 0;

  constructor(options: JobHandlerOptions) {
    this.#options = options;
  }

  /** Jobs that were replied to. */
  get jobsDone(): number {
    return this.#jobsDone;
  }

  /** Rejects only when Redis takes neither reply nor acknowledgement. */
  async handle({ id, fields }: Entry): Promise<void> {
    const { replier, clock } = this.#options;
    const job = this.#read(fields);
    // Whoever asked is told by then that it took too long.
    const leftMs = job ? job.budgetMs - clock.ageOf(id) : 0;
    const reply =
      job && leftMs > 0 ? await this.#reply(job, AbortSignal.timeout(Math.ceil(leftMs))) : null;
    if (!job || !reply) return await replier.drop(id);
    await replier.reply(id, job.replyTo, reply);
    this.#jobsDone++;
  }

  /** What is no job can be answered to nobody; left in the stream it would stay for ever. */
  #read(fields: Entry['fields']): Job | null {
    try {
      return decodeJob(fields);
    } catch (error) {
      this.#options.log.error({ err: describeError(error) }, 'entry of the job stream is no job');
      return null;
    }
  }

  /** Null when time ran out before it was the job's turn. Never rejects: errors are replies too. */
  async #reply(job: Job, inTime: AbortSignal): Promise<Reply | null> {
    try {
      return await this.#classify(job, inTime);
    } catch (error) {
      return error === inTime.reason ? null : this.#failure(job, error);
    }
  }

  async #classify(job: Job, inTime: AbortSignal): Promise<Reply> {
    const { decoder, batcher, model } = this.#options;
    const { pixels, width, height, decodeMs } = await decoder.decode(job, inTime);
    const { probabilities, inferenceMs } = await batcher.infer(pixels);
    return {
      jobId: job.id,
      status: 'done',
      categories: topK(probabilities, job.topK),
      model: { name: model.name, trained: model.trained },
      width,
      height,
      decodeMs,
      inferenceMs,
    };
  }

  #failure({ id: jobId }: Job, error: unknown): Reply {
    const { log } = this.#options;
    if (error instanceof Problem) {
      log.info({ jobId, code: error.code, cause: error.cause }, error.message);
      return { jobId, status: 'failed', code: error.code, detail: error.message };
    }
    log.error({ jobId, err: error }, 'job failed');
    const detail = 'The worker failed on this photo.';
    return { jobId, status: 'failed', code: 'JOB_FAILED', detail };
  }
}
