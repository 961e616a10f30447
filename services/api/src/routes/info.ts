// What can be asked about the service: alive, ready, the model and its categories.
import { labels } from '@synset/models/labels';
import { modelsOf } from '@synset/shared';
import type { FastifyPluginAsync } from 'fastify';
import type { Services } from '../services.ts';
import { noRedis, noWorker, unavailable } from '../unavailable.ts';

export const infoRoutes: FastifyPluginAsync<{ services: Services }> = async (app, { services }) => {
  const { transport, watch } = services;

  async function readyWorkers() {
    if (!transport.connected) throw noRedis();
    const workers = await watch.now().catch(unavailable);
    if (workers.length === 0) throw noWorker();
    return workers;
  }

  app.get('/healthz', async () => ({ status: 'ok' }));

  app.get('/readyz', async () => ({ status: 'ready', workers: (await readyWorkers()).length }));

  app.get('/labels', async () => ({ labels }));

  app.get('/model', async () => modelsOf(await readyWorkers())[0]);
};
