// What can be asked about the service: alive, ready, the model and its categories.
import { labels } from '@synset/models/labels';
import { modelsOf } from '@synset/shared';
import type { FastifyPluginAsync } from 'fastify';
import { readyWorkers } from '../ready.ts';
import { healthDoc, labelsDoc, modelDoc, readyDoc } from '../schemas/service.ts';
import type { Services } from '../services.ts';

export const infoRoutes: FastifyPluginAsync<{ services: Services }> = async (app, { services }) => {
  app.get('/healthz', { schema: { doc: healthDoc } }, async () => ({ status: 'ok' }));

  app.get('/readyz', { schema: { doc: readyDoc } }, async () => ({
    status: 'ready',
    workers: (await readyWorkers(services)).length,
  }));

  // Never another one, and 55 kB of it, 0.3 ms of work: clients that ask again and again cost the API little.
  const allLabels = JSON.stringify({ labels });
  app.get('/labels', { schema: { doc: labelsDoc } }, (_request, reply) =>
    reply.type('application/json').send(allLabels),
  );

  app.get(
    '/model',
    { schema: { doc: modelDoc } },
    async () => modelsOf(await readyWorkers(services))[0],
  );
};
