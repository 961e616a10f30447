// POST /jobs: photos to come back for. GET /jobs/:id: what has become of one.
import { Problem } from '@synset/shared';
import type { FastifyPluginAsync } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { toPredictAnswer } from '../answer.ts';
import { acceptJobs } from '../jobs.ts';
import { problemBody } from '../problem-body.ts';
import { classifyQuery, clientGone, idempotencyText, isJobId } from '../request.ts';
import { createJobsDoc, jobDoc } from '../schemas/jobs.ts';
import type { Services } from '../services.ts';

/** Pause between two questions for a job that is not done. */
const POLL_S = 1;

export const jobRoutes: FastifyPluginAsync<{ services: Services }> = async (app, { services }) => {
  app
    .withTypeProvider<ZodTypeProvider>()
    .post(
      '/jobs',
      { schema: { querystring: classifyQuery, doc: createJobsDoc } },
      async (request, reply) => {
        const text = idempotencyText(request, '/jobs');
        const scope = text === null ? null : await services.idempotency.scopeOf(text);
        const options = { ...request.query, scope, signal: clientGone(reply) };
        const { answer, retryAfterS } = await acceptJobs(request, options, services);
        if (retryAfterS !== undefined) reply.header('retry-after', retryAfterS);
        return reply.status(202).send(answer);
      },
    );

  app.get<{ Params: { id: string } }>(
    '/jobs/:id',
    { schema: { doc: jobDoc } },
    async (request, reply) => {
      const { id } = request.params;
      const state = isJobId(id) ? await services.results.find(id) : null;
      if (!state) throw new Problem('NOT_FOUND', 'No job of this id is known, or no more.');
      const { status } = state;
      if (status === 'done') return { success: true, id, status, result: toPredictAnswer(state) };
      if (status === 'failed') {
        const problem = problemBody(new Problem(state.code, state.detail), request.id);
        return { success: true, id, status, problem };
      }
      return reply.header('retry-after', POLL_S).send({ success: true, id, status });
    },
  );
};
