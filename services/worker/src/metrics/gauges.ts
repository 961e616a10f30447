// What the worker is like at the moment at which Prometheus asks.
import { Gauge, type Registry } from 'prom-client';
import type { Pipeline } from '../pipeline.ts';
import type { Worker } from '../worker.ts';

type WorkerState = Pick<Worker, 'model' | 'underWay' | 'ready'>;
type PipelineState = Pick<Pipeline, 'sessions' | 'capacity' | 'decoding'>;

export function registerGauges(registry: Registry, worker: WorkerState, pipeline: PipelineState) {
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  const { model } = worker;
  const { sessions, capacity, decoding } = pipeline;
  const ready = () => (worker.ready ? 1 : 0);
  gauge('synset_worker_ready', 'Whether the worker can take jobs: 1 or 0.', ready);
  gauge('synset_worker_jobs_under_way', 'Jobs that are not finished yet.', () => worker.underWay);
  gauge('synset_worker_capacity_jobs', 'Most jobs under way at a time.', () => capacity);
  gauge('synset_worker_sessions', 'Inferences that may run at a time.', () => sessions);
  gauge('synset_worker_decode_pixels', 'Pixels of the photos being decoded.', () => decoding.used);
  gauge(
    'synset_worker_decode_limit_pixels',
    'Most pixels being decoded at a time (MAX_DECODE_PIXELS).',
    () => decoding.limit,
  );
  new Gauge({
    name: 'synset_worker_model_info',
    help: 'The model that the worker serves; always 1.',
    labelNames: ['model', 'sha256', 'trained', 'prepared', 'providers'],
    registers: [registry],
  }).set(
    {
      model: model.name,
      sha256: model.sha256,
      trained: `${model.trained}`,
      prepared: `${model.prepared}`,
      providers: `${model.providers}`,
    },
    1,
  );
}
