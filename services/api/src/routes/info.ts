// What can be asked about the service: alive, ready, the model and its categories.
import { labels } from '@synset/models/labels';
import { Problem } from '@synset/shared';
import type { FastifyPluginAsync } from 'fastify';
import type { Services } from '../services.ts';

const RETRY_AFTER_S = 2;

const unavailable = (detail: string) =>
  new Problem('QUEUE_UNAVAILABLE', detail, { retryAfterS: RETRY_AFTER_S });

export const infoRoutes: FastifyPluginAsync<{ services: Services }> = async (app, { services }) => {
  const { transport } = services;

  async function readyWorkers() {
    if (!transport.connected) throw unavailable('Redis cannot be reached.');
    const workers = await transport.workers();
    if (workers.length === 0) throw unavailable('No worker is ready.');
    return workers;
  }

  app.get('/healthz', async () => ({ status: 'ok' }));

  app.get('/readyz', async () => ({ status: 'ready', workers: (await readyWorkers()).length }));

  app.get('/labels', async () => ({ labels }));

  app.get('/model', async () => (await readyWorkers())[0]?.model);
};
