// POST /predict: a photo in, its categories out as JSON.
import type { FastifyPluginAsync } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { serverTiming } from '../answer.ts';
import { predict } from '../predict.ts';
import { classifyQuery } from '../request.ts';
import { predictDoc } from '../schemas/prediction.ts';
import type { Services } from '../services.ts';

export const predictRoutes: FastifyPluginAsync<{ services: Services }> = async (
  app,
  { services },
) => {
  app
    .withTypeProvider<ZodTypeProvider>()
    .post(
      '/predict',
      { schema: { querystring: classifyQuery, doc: predictDoc } },
      async (request, reply) => {
        const answer = await predict(request, reply, request.query, services);
        return reply.header('server-timing', serverTiming(answer.timings)).send(answer);
      },
    );
};
