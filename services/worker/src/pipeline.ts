// What turns photos into probabilities, as the settings say: model, decoder, batcher and backend.
// Knows neither Redis nor jobs, so that accuracy is measured on what serves.
import { loadModel, type PreparedModel } from '@synset/models';
import type { Budget, Span } from '@synset/shared';
import type { Backend, Started } from './backend/backend.ts';
import { OnnxBackend } from './backend/onnx-backend.ts';
import { Batcher, type Inference } from './batcher.ts';
import type { WorkerConfig } from './config.ts';
import { Decoder } from './decoder/decoder.ts';
import type { Decoded, Picture } from './decoder/geometry.ts';
import { type Metrics, noMetrics } from './metrics/metrics.ts';

/** Run when a model is prepared, to see that it answers as before. */
export const CHECK = new URL('./backend/check-prepared.ts', import.meta.url);

export interface Pipeline {
  readonly model: Pick<PreparedModel, 'card' | 'sha256' | 'explain' | 'prepared'>;
  /** Throws a Problem for a photo that cannot be read, and the reason of `inTime`. */
  classify(photo: Picture, options?: ClassifyOptions): Promise<Classified>;
  /** Resolves with the reason when it can do no more work. */
  readonly failed: Promise<Error>;
  /** Execution providers in use, in order. */
  readonly providers: readonly string[];
  /** Photos worth having under way: as many as run, and as many again that are decoded meanwhile. */
  readonly capacity: number;
  /** Inferences that may run at a time. */
  readonly sessions: number;
  /** The pixels of all photos being decoded. */
  readonly decoding: Pick<Budget, 'used' | 'limit'>;
  close(): Promise<void>;
}

export interface ClassifyOptions {
  /** Whether the answer is to be explained, where the model can. */
  readonly explain?: boolean;
  /** Asked for when the photo has to wait for its decoding: which ends when this aborts meanwhile. */
  readonly inTime?: (() => AbortSignal) | undefined;
  /** Of the job, where its trace is recorded. */
  readonly span?: Span | null;
}

export type Classified = Omit<Decoded, 'pixels'> & Inference & { readonly decodeMs: number };

/** What is needed of a logger. */
export interface PipelineLog {
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
}

export interface PipelineOptions {
  readonly createBackend?: (model: PreparedModel) => Backend;
  readonly metrics?: Metrics;
}

/** Warmed up when the promise resolves. Rejects when the model does not load. */
export async function startPipeline(
  config: WorkerConfig,
  log: PipelineLog,
  {
    createBackend = (model) => onnxBackend(config, model),
    metrics = noMetrics,
  }: PipelineOptions = {},
): Promise<Pipeline> {
  const model = await loadModel(config.MODEL, config.MODEL_DIR, { check: CHECK });
  const backend = createBackend(model);
  const decoder = await Decoder.create({
    decoder: config.DECODER,
    maxPixels: config.MAX_PIXELS,
    maxDecodePixels: config.MAX_DECODE_PIXELS,
  });
  const started = await backend.start();
  logLoaded(model, started, log);
  const max = model.batch ?? config.BATCH_MAX;
  const limits = { max, waitMs: config.BATCH_WAIT_MS, exact: model.batch !== undefined };
  return {
    model,
    classify: classifier(decoder, new Batcher(backend, limits, metrics), metrics),
    failed: backend.failed,
    providers: started.providers,
    capacity: 2 * backend.concurrency * max,
    sessions: backend.concurrency,
    decoding: decoder.decoding,
    close: async () => void (await Promise.all([backend.close(), decoder.close()])),
  };
}

/** Decodes, then infers; a photo with no other one under way is inferred by all cores. */
function classifier(decoder: Decoder, batcher: Batcher, metrics: Metrics): Pipeline['classify'] {
  let underWay = 0;
  return async (photo, { explain = false, inTime, span } = {}) => {
    underWay++;
    try {
      const { pixels, ...decoded } = await decoder.decode(photo, inTime);
      metrics.decoded(decoded.decodeMs);
      span?.took('decode', decoded.decodeMs);
      const inference = await batcher.infer(pixels, { alone: underWay === 1, explain });
      span?.took('infer', inference.inferenceMs);
      return { ...decoded, ...inference };
    } finally {
      underWay--;
    }
  };
}

function logLoaded(model: PreparedModel, { providers, skipped }: Started, log: PipelineLog): void {
  const { card, prepared, reason } = model;
  if (!prepared) {
    log.warn(
      { model: card.name, reason },
      'the model cannot be prepared: it is served as it was exported, which costs some time a photo',
    );
  }
  for (const { provider, reason } of skipped) {
    log.warn({ provider, reason }, `execution provider ${provider} is not to be had, left out`);
  }
  log.info({ providers, prepared }, 'model loaded');
}

function onnxBackend(config: WorkerConfig, model: PreparedModel): Backend {
  const { input, output } = model.exported;
  const { normalization } = model.card;
  return new OnnxBackend({
    path: model.path,
    exported: model.prepared ? undefined : { input, output, normalization },
    batch: model.batch,
    explainer: model.explainer,
    sessions: config.SESSIONS,
    wideThreads: config.WIDE_THREADS,
    threads: config.INTRA_OP_THREADS,
    providers: config.EXECUTION_PROVIDERS,
  });
}
