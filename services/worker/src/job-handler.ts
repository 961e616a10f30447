// One stream entry from reading to its end: an answer, a problem, another try, or nothing where
// nobody waits any more.
import {
  atMost,
  CACHED_CATEGORIES,
  decodeJob,
  describeError,
  type Ending,
  type Entry,
  encodeCacheEntry,
  type Job,
  type JobQueue,
  type Keys,
  type Logger,
  Problem,
  type RedisClock,
  type Reply,
  type Seen,
  type Span,
  type Tracer,
} from '@synset/shared';
import { answerOf, seenOf } from './job-answer.ts';
import { type End, logEnd, startSpan } from './job-record.ts';
import type { Metrics, Outcome } from './metrics/metrics.ts';
import type { Pipeline } from './pipeline.ts';
import type { Replier } from './replier.ts';
import { ServiceRate } from './service-rate.ts';

export interface JobHandlerOptions {
  readonly classify: Pipeline['classify'];
  readonly queue: JobQueue;
  readonly replier: Replier;
  readonly clock: RedisClock;
  readonly keys: Keys;
  /** Name of this worker's consumer. */
  readonly consumer: string;
  readonly model: { name: string; trained: boolean; sha256: string };
  readonly maxDeliveries: number;
  /** 0: nothing is cached. */
  readonly cacheTtlS: number;
  /** A photo takes milliseconds: after so long something hangs. */
  readonly hangMs: number;
  readonly tracer: Tracer;
  readonly metrics: Metrics;
  readonly log: Logger;
}

/** Younger jobs cannot have been withdrawn or answered; asking would cost each a round trip. */
const FRESH_MS = 100;
/** Node's timers take no more. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export class JobHandler {
  readonly rate = new ServiceRate();
  readonly #options: JobHandlerOptions;
  readonly #hung = Promise.withResolvers<Error>();
  #jobsDone = 0;

  constructor(options: JobHandlerOptions) {
    this.#options = options;
  }

  /** Jobs that were replied to. */
  get jobsDone(): number {
    return this.#jobsDone;
  }

  /** Resolves when a job hangs: the worker should end, its jobs are then taken over. */
  get hung(): Promise<Error> {
    return this.#hung.promise;
  }

  /** Rejects when Redis cannot be asked; the job is then taken over later. */
  async handle(entry: Entry): Promise<void> {
    const job = await this.#read(entry);
    if (!job) return;
    const { tracer, keys, metrics, log, model } = this.#options;
    const span = startSpan(tracer, keys, job, entry);
    try {
      const end = await this.#process(job, entry, span);
      metrics.ended(outcomeOf(end));
      logEnd(log, job, entry, model.name, end, span);
    } catch (error) {
      span?.end('unfinished');
      throw error;
    }
  }

  async #process(job: Job, entry: Entry, span: Span | null): Promise<End> {
    const { replier, queue, clock, maxDeliveries } = this.#options;
    const ageMs = clock.ageOf(entry.id);
    if (ageMs > FRESH_MS && !(await queue.isWanted(job))) {
      await replier.drop(entry.id, job);
      return { outcome: 'unwanted' };
    }
    if (entry.deliveries > maxDeliveries) return await this.#finish(entry, lost(job, entry));
    const leftMs = job.budgetMs === null ? null : job.budgetMs - ageMs;
    return await this.#finish(entry, await this.#run(job, entry, leftMs, span));
  }

  /** What is no job would stay in the stream for ever: it becomes a dead letter. */
  async #read(entry: Entry): Promise<Job | null> {
    const { log, replier, metrics } = this.#options;
    try {
      return decodeJob(entry.fields);
    } catch (error) {
      const text = describeError(error);
      log.error({ entry: entry.id, err: text }, 'entry of the job stream is no job');
      await replier.bury(entry, text);
      metrics.ended('unreadable');
      metrics.buried('unreadable');
      return null;
    }
  }

  async #finish(entry: Entry, ending: Ending | null): Promise<End> {
    const { replier, queue, consumer, metrics } = this.#options;
    if (!ending) {
      await queue.release(consumer, entry.id);
      return { outcome: 'handed back' };
    }
    const { reply } = ending;
    if (!(await replier.finish(entry.id, ending))) return { outcome: 'answered before', reply };
    this.#jobsDone++;
    if (ending.death) metrics.buried(ending.death.reason);
    return { outcome: reply.status === 'done' ? 'done' : reply.code, reply };
  }

  /** Null where the job shall be tried again. Never rejects: errors are endings too. */
  async #run(
    job: Job,
    entry: Entry,
    leftMs: number | null,
    span: Span | null,
  ): Promise<Ending | null> {
    if (leftMs !== null && leftMs <= 0) return tooLate(job);
    let late: AbortSignal | undefined;
    // Few jobs need the timer, and none could clear it.
    const inTime = (ms: number) => () => {
      late ??= AbortSignal.timeout(Math.min(Math.ceil(ms), MAX_TIMER_MS));
      return late;
    };
    const { hangMs } = this.#options;
    const hung = setTimeout(() => {
      this.#hung.resolve(new Error(`job ${job.id} has hung for ${hangMs} ms`));
    }, hangMs);
    this.rate.begin();
    try {
      return await this.#classify(job, entry, span, leftMs === null ? undefined : inTime(leftMs));
    } catch (error) {
      return late && error === late.reason ? tooLate(job) : this.#failed(job, entry, error);
    } finally {
      this.rate.end();
      clearTimeout(hung);
    }
  }

  async #classify(
    job: Job,
    entry: Entry,
    span: Span | null,
    inTime?: () => AbortSignal,
  ): Promise<Ending> {
    const { classify, model, clock, cacheTtlS } = this.#options;
    const classified = await classify(job, { explain: job.explain, inTime, span });
    const categories = Math.max(job.topK, cacheTtlS > 0 ? CACHED_CATEGORIES : 0);
    const seen = seenOf(classified, job, model, categories);
    const reply = answerOf(job, seen, classified, clock.ageOf(entry.id));
    return { job, reply, ...this.#cache(job, atMost(seen, CACHED_CATEGORIES)) };
  }

  #cache(job: Job, seen: Seen): Pick<Ending, 'cache'> {
    const { cacheTtlS: ttlS, keys, model } = this.#options;
    if (ttlS === 0) return {};
    const key = keys.cache(job.sha256, model.sha256, job.explain);
    return { cache: { key, value: encodeCacheEntry(seen), ttlS } };
  }

  #failed(job: Job, { deliveries }: Entry, error: unknown): Ending | null {
    const { log, maxDeliveries } = this.#options;
    const jobId = job.id;
    if (error instanceof Problem) {
      log.debug({ jobId, code: error.code, cause: error.cause }, error.message);
      return { job, reply: failure(job, error.code, error.message) };
    }
    log.error({ jobId, deliveries, err: error }, 'job failed');
    if (deliveries < maxDeliveries) return null;
    return givenUp(job, deliveries, 'failed', describeError(error));
  }
}

const OUTCOMES: Partial<Record<End['outcome'], Outcome>> = {
  done: 'done',
  unwanted: 'unwanted',
  'handed back': 'retried',
  'answered before': 'superseded',
  DEADLINE_EXCEEDED: 'expired',
  JOB_FAILED: 'given_up',
};

/** Other problems are those of photos. */
const outcomeOf = ({ outcome }: End): Outcome => OUTCOMES[outcome] ?? 'refused';

const failure = (job: Job, code: Problem['code'], detail: string): Reply => ({
  jobId: job.id,
  status: 'failed',
  sha256: job.sha256,
  code,
  detail,
});

const tooLate = (job: Job): Ending => ({
  job,
  reply: failure(job, 'DEADLINE_EXCEEDED', `No worker got to it within ${job.budgetMs} ms.`),
});

/** Its last worker did not come back to say what happened. */
const lost = (job: Job, { deliveries }: Entry): Ending =>
  givenUp(job, deliveries - 1, 'killed', 'the worker ended, or hung, while it had the job');

function givenUp(job: Job, deliveries: number, reason: string, error: string): Ending {
  const detail = `The photo was given up after ${deliveries} attempts: no worker could finish it.`;
  return {
    job,
    reply: failure(job, 'JOB_FAILED', detail),
    death: { reason, error, deliveries },
  };
}
