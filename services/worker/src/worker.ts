// The worker: consumer -> decoder -> batcher -> backend, put together and taken apart.
import { loadModel, type PreparedModel } from '@synset/models';
import {
  createKeys,
  createRedis,
  type Logger,
  type ModelCardInfo,
  type Redis,
  RedisClock,
} from '@synset/shared';
import type { Backend } from './backend/backend.ts';
import { CLASSES, SIDE } from './backend/backend.ts';
import { OnnxBackend } from './backend/onnx-backend.ts';
import { Batcher } from './batcher.ts';
import type { WorkerConfig } from './config.ts';
import { Consumer } from './consumer.ts';
import { Decoder } from './decoder/decoder.ts';
import { Heartbeat } from './heartbeat.ts';
import { JobHandler } from './job-handler.ts';
import { Replier } from './replier.ts';

/** Run when a model is prepared, to see that it answers as before. */
const CHECK = new URL('./backend/check-prepared.ts', import.meta.url);

export interface Worker {
  readonly name: string;
  readonly model: ModelCardInfo;
  /** Resolves with the reason when the worker can do no more work. */
  readonly failed: Promise<Error>;
  /** Finishes what is under way, then lets go of everything. May be called twice. */
  close(): Promise<void>;
}

/** Ready, and announced as ready, when the promise resolves. Rejects when the model does not load. */
export async function startWorker(
  config: WorkerConfig,
  log: Logger,
  createBackend: (model: PreparedModel) => Backend = (model) => onnxBackend(config, model),
): Promise<Worker> {
  const model = await loadModel(config.MODEL, config.MODEL_DIR, { check: CHECK });
  if (!model.prepared) {
    log.warn(
      { model: model.card.name, reason: model.reason },
      'the model cannot be prepared: it is served as it was exported, which costs some time a photo',
    );
  }
  const backend = createBackend(model);
  const decoder = await Decoder.create({
    decoder: config.DECODER,
    maxPixels: config.MAX_PIXELS,
    maxDecodePixels: config.MAX_DECODE_PIXELS,
  });
  const { providers, skipped } = await backend.start();
  for (const { provider, reason } of skipped) {
    log.warn({ provider, reason }, `execution provider ${provider} is not to be had, left out`);
  }
  log.info({ providers, prepared: model.prepared }, 'model loaded');
  const [redis, reader] = await connect(config, log);
  const keys = createKeys(config.KEY_PREFIX);
  const clock = new RedisClock(redis);
  const batchMax = model.batch ?? config.BATCH_MAX;
  const batcher = new Batcher(backend, {
    max: batchMax,
    waitMs: config.BATCH_WAIT_MS,
    exact: model.batch !== undefined,
  });
  const replier = new Replier(redis, keys);
  const info = describeModel(model, providers);
  const handler = new JobHandler({ decoder, batcher, replier, clock, model: model.card, log });

  const consumer = new Consumer({
    reader,
    redis,
    keys,
    name: config.WORKER_NAME,
    // As many as run, and as many again that are decoded meanwhile.
    capacity: 2 * backend.concurrency * batchMax,
    log,
    handle: (entry) => handler.handle(entry),
  });
  const heartbeat = new Heartbeat({
    redis,
    clock,
    keys,
    name: config.WORKER_NAME,
    model: info,
    jobsDone: () => handler.jobsDone,
    log,
  });
  await heartbeat.start();
  consumer.start();

  async function close(): Promise<void> {
    await heartbeat.close();
    await consumer.close();
    await Promise.all([backend.close(), decoder.close()]);
    for (const client of [reader, redis]) if (client.isOpen) client.destroy();
  }
  let closing: Promise<void> | undefined;
  return {
    name: config.WORKER_NAME,
    model: info,
    failed: backend.failed,
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

function onnxBackend(config: WorkerConfig, model: PreparedModel): Backend {
  const { input, output } = model.exported;
  const { normalization } = model.card;
  return new OnnxBackend({
    path: model.path,
    exported: model.prepared ? undefined : { input, output, normalization },
    batch: model.batch,
    sessions: config.SESSIONS,
    threads: config.INTRA_OP_THREADS,
    providers: config.EXECUTION_PROVIDERS,
  });
}

/** Two connections: one that blocks in reads, one for all the rest. */
async function connect(config: WorkerConfig, log: Logger): Promise<[Redis, Redis]> {
  const open = async (role: string) => {
    const name = `synset-worker-${config.WORKER_NAME}-${role}`;
    const client = createRedis({ url: config.REDIS_URL, name, log });
    await client.connect();
    return client;
  };
  return await Promise.all([open('main'), open('reader')]);
}

function describeModel(
  { card, sha256, explain, prepared }: PreparedModel,
  providers: readonly string[],
): ModelCardInfo {
  return {
    name: card.name,
    trained: card.trained,
    sha256,
    source: card.source ?? null,
    licence: card.licence ?? null,
    top1: card.top1 ?? null,
    top5: card.top5 ?? null,
    classes: CLASSES,
    input: [SIDE, SIDE],
    prepared,
    providers: [...providers],
    explain,
  };
}
