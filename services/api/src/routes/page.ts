// The upload page, the photo that it shows again, and its form for browsers without JavaScript.
import { formats, Problem, sniffFormat } from '@synset/shared';
import type { FastifyPluginAsync, FastifyReply } from 'fastify';
import { prepareProblem, toProblem } from '../plugins/problems.ts';
import { predict } from '../predict.ts';
import { problemBody } from '../problem-body.ts';
import { isJobId } from '../request.ts';
import { displayDoc, pageDoc, postPageDoc } from '../schemas/page.ts';
import type { PredictAnswer } from '../schemas/prediction.ts';
import type { ProblemBody } from '../schemas/problem.ts';
import type { Services } from '../services.ts';
import { unavailable } from '../unavailable.ts';

const TOP_K = 5;

interface Outcome {
  readonly result?: PredictAnswer;
  readonly photo?: string;
  readonly problem?: ProblemBody;
}

async function render(reply: FastifyReply, { config, watch }: Services, outcome: Outcome) {
  const [model = null] = await watch.models().catch(() => []);
  return reply.type('text/html').view('page.eta', {
    model,
    maxUploadBytes: config.MAX_UPLOAD_BYTES,
    formats: Object.values(formats).map(({ name }) => name),
    accept: Object.values(formats)
      .map(({ mime }) => mime)
      .join(','),
    result: outcome.result ?? null,
    photo: outcome.photo ?? null,
    problem: outcome.problem ?? null,
  });
}

/** For a form that was sent without JavaScript. */
export async function renderProblem(error: unknown, reply: FastifyReply, services: Services) {
  const { request } = reply;
  const problem = toProblem(error);
  await prepareProblem(problem, request, reply);
  return await render(reply, services, { problem: problemBody(problem, request.id) });
}

export const pageRoutes: FastifyPluginAsync<{ services: Services }> = async (app, { services }) => {
  app.get('/', { schema: { doc: pageDoc } }, (_request, reply) => render(reply, services, {}));

  app.post('/', { schema: { doc: postPageDoc } }, async (request, reply) => {
    try {
      const shown: { photo?: string } = {};
      const onPhoto = async (id: string, image: Buffer) => {
        const kept = await services.photos.keep(id, image, request.log);
        if (kept) shown.photo = `/display/${id}`;
      };
      const result = await predict(
        request,
        reply,
        { topK: TOP_K, explain: false, onPhoto },
        services,
      );
      return await render(reply, services, { result, ...shown });
    } catch (error) {
      return await renderProblem(error, reply, services);
    }
  });

  app.get<{ Params: { id: string } }>(
    '/display/:id',
    { schema: { doc: displayDoc } },
    async (request, reply) => {
      const { id } = request.params;
      if (!isJobId(id)) throw new Problem('NOT_FOUND', 'No photo is kept under this id.');
      const photo = await services.photos.get(id).catch(unavailable);
      const format = photo && sniffFormat(photo);
      if (!photo || !format) throw new Problem('NOT_FOUND', 'No photo is kept under this id.');
      // Hostile bytes on our own origin: shown as a picture or not at all.
      return reply
        .type(formats[format].mime)
        .header('content-security-policy', "default-src 'none'; sandbox")
        .header('cache-control', `private, max-age=${services.config.PHOTO_TTL_S}`)
        .send(photo);
    },
  );
};
