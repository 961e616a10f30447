// Counts and measures what this worker does, for Prometheus.
import { Counter, Histogram, type Registry } from 'prom-client';
import { type Metrics, type Outcome, outcomes } from './metrics.ts';

/** From a small JPEG, and a GPU, to 16 megapixels by jimp, and a large batch without a GPU. */
const TIME_BUCKETS_S = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const BATCH_BUCKETS = [1, 2, 4, 8, 16, 32, 64, 128, 256];
const DELIVERY_BUCKETS = [1, 2, 3, 5, 10, 100];

const DEATHS = ['killed', 'failed', 'unreadable'];

export class Recorder implements Metrics {
  readonly #deliveries;
  readonly #reclaimed;
  readonly #lostClaims;
  readonly #decoding;
  readonly #inference;
  readonly #batches;
  readonly #outcomes;
  readonly #deadLetters;

  constructor(registry: Registry) {
    const registers = [registry];
    const counter = (name: string, help: string) => new Counter({ name, help, registers });
    const histogram = (name: string, help: string, buckets: number[]) =>
      new Histogram({ name, help, buckets, registers });
    this.#deliveries = histogram(
      'synset_worker_job_deliveries',
      'How often the jobs that came here had been handed to a worker, this time included.',
      DELIVERY_BUCKETS,
    );
    this.#reclaimed = counter(
      'synset_worker_reclaimed_jobs_total',
      'Jobs taken over from workers that were silent for too long.',
    );
    this.#lostClaims = counter(
      'synset_worker_lost_claims_total',
      'Jobs that other workers took over from this one.',
    );
    this.#decoding = histogram(
      'synset_worker_decode_duration_seconds',
      'Time from the bytes of a photo to its pixels.',
      TIME_BUCKETS_S,
    );
    this.#inference = histogram(
      'synset_worker_inference_duration_seconds',
      'Time of an inference, whatever the size of its batch.',
      TIME_BUCKETS_S,
    );
    this.#batches = histogram('synset_worker_batch_size', 'Photos in an inference.', BATCH_BUCKETS);
    const jobs = new Counter({
      name: 'synset_worker_jobs_total',
      help: 'Jobs that this worker had, by what became of them.',
      labelNames: ['outcome'],
      registers,
    });
    this.#outcomes = Object.fromEntries(
      outcomes.map((outcome) => [outcome, zeroed(jobs, { outcome })]),
    ) as Record<Outcome, Counter.Internal>;
    this.#deadLetters = new Counter({
      name: 'synset_worker_dead_letters_total',
      help: 'Jobs that this worker gave up, by reason.',
      labelNames: ['reason'],
      registers,
    });
    for (const reason of DEATHS) zeroed(this.#deadLetters, { reason });
  }

  took(deliveries: number): void {
    this.#deliveries.observe(deliveries);
  }

  reclaimed(): void {
    this.#reclaimed.inc();
  }

  lostClaims(jobs: number): void {
    this.#lostClaims.inc(jobs);
  }

  decoded(ms: number): void {
    this.#decoding.observe(ms / 1000);
  }

  inferred(photos: number, ms: number): void {
    this.#inference.observe(ms / 1000);
    this.#batches.observe(photos);
  }

  ended(outcome: Outcome): void {
    this.#outcomes[outcome].inc();
  }

  buried(reason: string): void {
    this.#deadLetters.inc({ reason });
  }
}

/** A counter that is there before it counts: else its first step would be none to Prometheus. */
function zeroed<T extends string>(counter: Counter<T>, labels: Record<T, string>) {
  counter.inc(labels, 0);
  return counter.labels(labels);
}
