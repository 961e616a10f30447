// Counts and measures what this instance of the API does, for Prometheus.
import { type Answer, type Problem, problems } from '@synset/shared';
import { Counter, Histogram, type Registry } from 'prom-client';
import type { AnsweredRequest, Metrics } from './metrics.ts';

/** From an answer out of the cache to the longest wait that a client is likely to ask for. */
const REQUEST_BUCKETS_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const PHASE_BUCKETS_S = [0.001, 0.0025, ...REQUEST_BUCKETS_S];
const UPLOAD_BUCKETS_BYTES = [4, 16, 64, 256, 1024, 4096, 16_384].map((kib) => kib * 1024);

/** Clients choose the method: what they make up is one value of the label. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'OPTIONS']);
const OTHER_METHOD = 'other';
const NO_ROUTE = 'none';

const REASONS = 'jobs bytes memory in_flight rate no_worker no_redis shutting_down'.split(' ');

/** Why a photo is not taken, where the problem does not say it itself. */
const REASON_BY_CODE: Partial<Record<string, string>> = {
  QUEUE_UNAVAILABLE: 'no_redis',
  SHUTTING_DOWN: 'shutting_down',
  RATE_LIMITED: 'rate',
};

export class Recorder implements Metrics {
  readonly #requests;
  readonly #durations;
  readonly #uploads;
  readonly #phases;
  readonly #cacheHits;
  readonly #cacheMisses;
  readonly #joined;
  readonly #refusals;
  readonly #withdrawn;
  readonly #right;
  readonly #wrong;
  /** Instruments with their labels, which would otherwise be put together for each request. */
  readonly #requestsByKind = new Map<string, Counter.Internal>();
  readonly #durationsByRoute = new Map<string, Histogram.Internal<'method' | 'route'>>();

  constructor(registry: Registry) {
    const registers = [registry];
    this.#requests = new Counter({
      name: 'synset_http_requests_total',
      help: 'Requests that were answered, or given up by their client (status 499).',
      labelNames: ['method', 'route', 'status', 'problem'],
      registers,
    });
    this.#durations = new Histogram({
      name: 'synset_http_request_duration_seconds',
      help: 'Time from the headers of a request to the end of its answer.',
      labelNames: ['method', 'route'],
      buckets: REQUEST_BUCKETS_S,
      registers,
    });
    this.#uploads = new Histogram({
      name: 'synset_upload_size_bytes',
      help: 'Sizes of the photos that were read.',
      buckets: UPLOAD_BUCKETS_BYTES,
      registers,
    });
    this.#phases = phases(registry);
    const lookups = new Counter({
      name: 'synset_cache_lookups_total',
      help: 'Photos looked up in the cache of answers, by result: hit or miss.',
      labelNames: ['result'],
      registers,
    });
    this.#cacheHits = zeroed(lookups, { result: 'hit' });
    this.#cacheMisses = zeroed(lookups, { result: 'miss' });
    this.#joined = new Counter({
      name: 'synset_joined_requests_total',
      help: 'Requests that waited for the job of another request for the same photo.',
      registers,
    });
    this.#refusals = new Counter({
      name: 'synset_refusals_total',
      help: 'Requests of which a photo was not taken, by reason.',
      labelNames: ['reason'],
      registers,
    });
    for (const reason of REASONS) zeroed(this.#refusals, { reason });
    this.#withdrawn = new Counter({
      name: 'synset_withdrawn_jobs_total',
      help: 'Jobs whose clients hung up.',
      registers,
    });
    const feedback = new Counter({
      name: 'synset_feedback_total',
      help: 'What users said of predictions, by verdict: right or wrong.',
      labelNames: ['verdict'],
      registers,
    });
    this.#right = zeroed(feedback, { verdict: 'right' });
    this.#wrong = zeroed(feedback, { verdict: 'wrong' });
  }

  answered({ method, route = NO_ROUTE, status, problem, durationMs }: AnsweredRequest): void {
    const known = METHODS.has(method) ? method : OTHER_METHOD;
    this.#countRequest(known, route, status, problem);
    if (durationMs !== null) this.#timeRequest(known, route, durationMs);
    // Others, such as probes of readiness, bring no photo.
    if (problem && method === 'POST') this.refused(problem);
  }

  unparsed(problem: Problem): void {
    this.#countRequest(OTHER_METHOD, NO_ROUTE, problems[problem.code].status, problem);
  }

  uploaded(bytes: number): void {
    this.#uploads.observe(bytes);
  }

  predicted({ decodeMs, inferenceMs, cached }: Answer, uploadMs: number, waitMs: number): void {
    this.#phases.upload.observe(uploadMs / 1000);
    this.#phases.queue.observe(Math.max(0, waitMs - decodeMs - inferenceMs) / 1000);
    if (cached) return;
    this.#phases.decode.observe(decodeMs / 1000);
    this.#phases.inference.observe(inferenceMs / 1000);
  }

  lookedUpInCache(hit: boolean): void {
    (hit ? this.#cacheHits : this.#cacheMisses).inc();
  }

  joined(): void {
    this.#joined.inc();
  }

  refused({ reason, code }: Problem): void {
    const why = reason ?? REASON_BY_CODE[code];
    if (why) this.#refusals.inc({ reason: why });
  }

  withdrew(): void {
    this.#withdrawn.inc();
  }

  judged(correct: boolean): void {
    (correct ? this.#right : this.#wrong).inc();
  }

  #timeRequest(method: string, route: string, durationMs: number): void {
    const kind = `${method} ${route}`;
    let durations = this.#durationsByRoute.get(kind);
    if (!durations) {
      durations = this.#durations.labels({ method, route });
      this.#durationsByRoute.set(kind, durations);
    }
    durations.observe(durationMs / 1000);
  }

  #countRequest(method: string, route: string, status: number, problem: Problem | null): void {
    const code = problem?.code ?? '';
    const kind = `${method} ${route} ${status} ${code}`;
    let requests = this.#requestsByKind.get(kind);
    if (!requests) {
      requests = this.#requests.labels({ method, route, status, problem: code });
      this.#requestsByKind.set(kind, requests);
    }
    requests.inc();
  }
}

function phases(registry: Registry) {
  const histogram = new Histogram({
    name: 'synset_prediction_phase_duration_seconds',
    help: 'What the time of an answered prediction went into. Answers from the cache have no decode and no inference.',
    labelNames: ['phase'],
    buckets: PHASE_BUCKETS_S,
    registers: [registry],
  });
  const child = (phase: string) => {
    histogram.zero({ phase });
    return histogram.labels({ phase });
  };
  return {
    upload: child('upload'),
    queue: child('queue'),
    decode: child('decode'),
    inference: child('inference'),
  };
}

/** A counter that is there before it counts: else its first step would be none to Prometheus. */
function zeroed<T extends string>(counter: Counter<T>, labels: Record<T, string>) {
  counter.inc(labels, 0);
  return counter.labels(labels);
}
