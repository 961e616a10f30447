// POST /predict: a photo in, its categories out as JSON.
import type { FastifyPluginAsync } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { predict, serverTiming } from '../predict.ts';
import type { Services } from '../services.ts';

const query = z.strictObject({
  topK: z
    .string()
    .regex(/^\d+$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(1).max(1000))
    .default(5),
});

export const predictRoutes: FastifyPluginAsync<{ services: Services }> = async (
  app,
  { services },
) => {
  app
    .withTypeProvider<ZodTypeProvider>()
    .post('/predict', { schema: { querystring: query } }, async (request, reply) => {
      const answer = await predict(request, reply, request.query, services);
      return reply.header('server-timing', serverTiming(answer.timings)).send(answer);
    });
};
