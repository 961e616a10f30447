// A worker that looks at no photo: each answer takes DELAY_MS (0: none), one at a time. All else is
// real, so it shows what the way to a worker and back costs. `make bench` runs it.
import { setTimeout as pause } from 'node:timers/promises';
import { modelCardSchema } from '@synset/models';
import {
  Budget,
  createLogger,
  endOnSignal,
  integer,
  parseEnv,
  settingsOrExit,
} from '@synset/shared';
import { z } from 'zod';
import { CLASSES } from '../src/backend/backend.ts';
import { readConfig } from '../src/config.ts';
import type { Photo } from '../src/decoder/geometry.ts';
import type { Pipeline } from '../src/pipeline.ts';
import { startWorker, type Worker } from '../src/worker.ts';

const name = 'paced';
const { DELAY_MS: delayMs } = settingsOrExit('paced worker', () =>
  parseEnv(z.object({ DELAY_MS: integer(0, 0, 60_000) }), process.env),
);
const config = settingsOrExit('paced worker', readConfig);
const log = createLogger('worker', config.LOG_LEVEL);

/** As many digits as those of a model: answers and cache entries are as long. */
const probabilities = Float32Array.from({ length: CLASSES }, (_, i) => 1 / (i + 3) ** 2);
let last: Promise<void> = Promise.resolve();

async function classify({ width, height }: Photo) {
  if (delayMs > 0) {
    last = last.then(() => pause(delayMs));
    await last;
  }
  const area = { x: 0, y: 0, width, height };
  return { probabilities, grids: null, width, height, area, decodeMs: 0, inferenceMs: delayMs };
}

const pipeline: Pipeline = {
  model: {
    card: modelCardSchema.parse({ name, file: name, trained: false }),
    sha256: name,
    explain: false,
    prepared: false,
  },
  classify,
  failed: new Promise(() => {}),
  providers: [],
  // As a worker with two sessions has it.
  capacity: 4,
  sessions: 2,
  decoding: new Budget(1),
  close: async () => {},
};

let worker: Worker | undefined;
endOnSignal({
  log,
  close: async () => worker?.close(),
  left: () => ({ jobs: worker?.underWay }),
  leftText: 'jobs were left unfinished',
});
worker = await startWorker(config, log, pipeline);
process.send?.('ready');
