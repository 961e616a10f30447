// POST /feedback: whether a prediction is right. GET /feedback: what users have said.
import type { FastifyPluginAsync } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { acceptFeedback } from '../feedback.ts';
import { toCsv, toJsonLines } from '../feedback-export.ts';
import { renderFeedbackPage } from '../feedback-page.ts';
import { wantsHtml } from '../request.ts';
import { feedbackQuery, getFeedbackDoc, postFeedbackDoc } from '../schemas/feedback.ts';
import type { Services } from '../services.ts';
import { unavailable } from '../unavailable.ts';
import { renderProblem } from './page.ts';

const writers = {
  jsonl: { type: 'application/jsonl; charset=utf-8', write: toJsonLines },
  csv: { type: 'text/csv; charset=utf-8; header=present', write: toCsv },
};

export const feedbackRoutes: FastifyPluginAsync<{ services: Services }> = async (
  app,
  { services },
) => {
  app.post('/feedback', { schema: { doc: postFeedbackDoc } }, async (request, reply) => {
    const byPage = request.isMultipart() && wantsHtml(request);
    try {
      const answer = await acceptFeedback(request, reply, services, { byForm: byPage });
      if (byPage) return reply.redirect('/feedback', 303);
      return reply.status(201).send(answer);
    } catch (error) {
      if (!byPage) throw error;
      return await renderProblem(error, reply, services);
    }
  });

  app
    .withTypeProvider<ZodTypeProvider>()
    .get(
      '/feedback',
      { schema: { querystring: feedbackQuery, doc: getFeedbackDoc } },
      async (request, reply) => {
        reply.headers({ vary: 'Accept', 'cache-control': 'no-store' });
        if (!request.query.format && wantsHtml(request)) {
          return await renderFeedbackPage(reply, services.feedback);
        }
        const { format = 'jsonl', cursor: after, limit } = request.query;
        const entries = await services.feedback
          .list({ after, limit: limit + 1 })
          .catch(unavailable);
        const page = entries.slice(0, limit);
        const last = page.at(-1);
        if (last && entries.length > limit) {
          const next = `/feedback?format=${format}&cursor=${last.entry}&limit=${limit}`;
          reply.header('link', `<${next}>; rel="next"`);
        }
        const { type, write } = writers[format];
        return reply
          .type(type)
          .header('content-disposition', `attachment; filename="feedback.${format}"`)
          .send(write(page));
      },
    );
};
