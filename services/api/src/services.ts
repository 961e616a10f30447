// What the routes work with.
import type { Budget, FeedbackStore } from '@synset/shared';
import type { Classifier } from './classifier.ts';
import type { ApiConfig } from './config.ts';
import type { Idempotency } from './idempotency.ts';
import type { LiveBoard } from './live/board.ts';
import type { Reporter } from './live/reporter.ts';
import type { Metrics } from './metrics/metrics.ts';
import type { PhotoStore } from './photo-store.ts';
import type { Results } from './results.ts';
import type { Transport } from './transport.ts';
import type { WorkerWatch } from './worker-watch.ts';

export interface Services {
  readonly config: ApiConfig;
  readonly classifier: Classifier;
  readonly transport: Transport;
  readonly watch: WorkerWatch;
  readonly results: Results;
  readonly idempotency: Idempotency;
  readonly photos: PhotoStore;
  readonly feedback: FeedbackStore;
  readonly inFlight: Budget;
  readonly metrics: Metrics;
  readonly reporter: Reporter;
  readonly board: LiveBoard;
}
