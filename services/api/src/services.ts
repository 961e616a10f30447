// What the routes work with.
import type { Budget } from '@synset/shared';
import type { Classifier } from './classifier.ts';
import type { ApiConfig } from './config.ts';
import type { PhotoStore } from './photo-store.ts';
import type { Transport } from './transport.ts';

export interface Services {
  readonly config: ApiConfig;
  readonly classifier: Classifier;
  readonly transport: Transport;
  readonly photos: PhotoStore;
  readonly inFlight: Budget;
}
