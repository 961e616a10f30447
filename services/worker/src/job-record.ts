// What is told of a job while a worker has it: its line in the log and, where its trace is
// recorded, its span.
import {
  type Answer,
  type Entry,
  type Job,
  jobAttributes,
  type Keys,
  type Logger,
  type ProblemCode,
  type Reply,
  type Span,
  type Tracer,
} from '@synset/shared';

/** What became of an entry. */
export interface End {
  /** A problem's code where the answer was one. */
  readonly outcome: 'done' | 'unwanted' | 'handed back' | 'answered before' | ProblemCode;
  readonly reply?: Reply;
}

const FINE: readonly End['outcome'][] = ['done', 'unwanted', 'answered before'];

/**
 * A part of the request's trace when the job comes for the first time. A further try, or one of a
 * dead letter, is a trace of its own, linked to the one that it failed in: it may come much later.
 */
export function startSpan(tracer: Tracer, keys: Keys, job: Job, entry: Entry): Span | null {
  const { traceparent } = job;
  if (traceparent === null) return null;
  const isFirst = entry.deliveries === 1 && !job.replayed;
  const span = tracer.start(`process ${keys.jobs}`, {
    kind: 'consumer',
    ...(isFirst && { parent: traceparent }),
    attributes: () => ({
      ...jobAttributes(keys, job, 'process'),
      'synset.entry': entry.id,
      'synset.deliveries': entry.deliveries,
    }),
  });
  if (!isFirst) span?.link(traceparent, job.replayed ? 'replayed' : 'retried');
  return span;
}

/** One line for each time that a worker has the job; ends its span. */
export function logEnd(
  log: Logger,
  { id: jobId, requestId }: Job,
  { id: entry, deliveries }: Entry,
  model: string,
  { outcome, reply }: End,
  span: Span | null,
): void {
  const timings = reply?.status === 'done' ? roundTimings(reply) : {};
  const trace = span && { traceId: span.traceId };
  log.info({ jobId, requestId, entry, deliveries, outcome, model, ...timings, ...trace }, 'job');
  span?.set({ 'synset.outcome': outcome, 'synset.model': model });
  span?.end(FINE.includes(outcome) ? undefined : outcome);
}

const roundTimings = ({ queueMs, decodeMs, inferenceMs }: Answer) => ({
  queueMs: round(queueMs),
  decodeMs: round(decodeMs),
  inferenceMs: round(inferenceMs),
});

const round = (ms: number) => Math.round(ms * 10) / 10;
