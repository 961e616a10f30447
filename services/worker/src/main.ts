// The worker's process: starts it, ends it on a signal.
import { createLogger, endOnSignal, settingsOrExit } from '@synset/shared';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { readConfig } from './config.ts';
import { registerGauges } from './metrics/gauges.ts';
import { noMetrics } from './metrics/metrics.ts';
import { Recorder } from './metrics/recorder.ts';
import { json, type Pages, startMonitor } from './monitor.ts';
import { startPipeline } from './pipeline.ts';
import { startWorker, type Worker } from './worker.ts';

// onnxruntime-node reports usage on Linux too unless the environment of the process says no.
process.env.ORT_DISABLE_TELEMETRY ??= '1';

/** The timer whose lag is measured: at the default of 10 it takes 3 ms of CPU a second, so 1.8. */
const LOOP_TIMER_MS = 20;

const config = settingsOrExit('synset worker', readConfig);
const log = createLogger('worker', config.LOG_LEVEL);
const registry = new Registry();
const metrics = config.METRICS_PORT === undefined ? noMetrics : new Recorder(registry);
let worker: Worker | undefined;
let stopping = false;

async function close(): Promise<void> {
  // While it starts there is nothing to finish.
  if (!worker) process.exit(0);
  stopping = true;
  await worker.close();
}

endOnSignal({
  log,
  close,
  left: () => ({ jobs: worker?.underWay }),
  leftText: 'jobs were left unfinished',
});

function readiness(): string {
  if (stopping) return 'stopping';
  if (!worker) return 'starting';
  return worker.ready ? 'ready' : 'Redis cannot be reached';
}

const pages: Pages = {
  '/healthz': () => json(200, { status: 'ok' }),
  '/readyz': () => {
    const status = readiness();
    return json(status === 'ready' ? 200 : 503, { status });
  },
  '/metrics': async () => ({
    status: 200,
    type: registry.contentType,
    body: await registry.metrics(),
  }),
};

try {
  const { METRICS_HOST: host, METRICS_PORT: port } = config;
  // Before the rest: loading a model may take a while, in which the worker is alive.
  if (port !== undefined) {
    await startMonitor({ host, port, pages });
    collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: LOOP_TIMER_MS });
  }
  const pipeline = await startPipeline(config, log, { metrics });
  worker = await startWorker(config, log, pipeline, { metrics });
  registerGauges(registry, worker, pipeline);
  const { name, model, failed } = worker;
  const { SESSIONS: sessions, INTRA_OP_THREADS: threads } = config;
  log.info({ worker: name, model: model.name, trained: model.trained, sessions, threads }, 'ready');
  if (!model.trained) log.warn('the model is a test card: it knows colours, not things');
  process.send?.('ready');
  const reason = await failed;
  if (!stopping) throw reason;
} catch (error) {
  log.debug({ err: error }, 'worker failed');
  process.stderr.write(`synset worker: ${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
}
