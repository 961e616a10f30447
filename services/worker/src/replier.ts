// Finishes jobs, and does not give up when Redis is away: the work is done, its answer must not be lost.
import { describeError, type Ending, type Entry, type JobQueue, type Logger } from '@synset/shared';

const FIRST_PAUSE_MS = 50;
const MAX_PAUSE_MS = 1000;

export class Replier {
  readonly #queue: JobQueue;
  readonly #log: Logger;

  constructor(queue: JobQueue, log: Logger) {
    this.#queue = queue;
    this.#log = log;
  }

  /** False when another worker has answered the job before. */
  async finish(entryId: string, ending: Ending): Promise<boolean> {
    const finished = await this.#persist(() => this.#queue.finish(entryId, ending));
    if (!finished) this.#log.info({ jobId: ending.job.id }, 'second answer dropped');
    return finished;
  }

  async drop(entryId: string, job: Ending['job']): Promise<void> {
    await this.#persist(() => this.#queue.drop(entryId, job));
  }

  async bury(entry: Entry, error: string): Promise<void> {
    await this.#persist(() => this.#queue.bury(entry, error));
  }

  async #persist<T>(finish: () => Promise<T>): Promise<T> {
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, MAX_PAUSE_MS)) {
      try {
        return await finish();
      } catch (error) {
        this.#log.warn({ err: describeError(error) }, 'Redis took no answer; trying again');
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    }
  }
}
