// The Open Inference Protocol, version 2. Its errors are its own: `{"error": "..."}`.
import { type ModelCardInfo, PIXELS_SIDE, Problem, problems } from '@synset/shared';
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import packageJson from '../../package.json' with { type: 'json' };
import { infer } from '../inference/infer.ts';
import { missingRoute, prepareProblem, toProblem } from '../plugins/problems.ts';
import { readyWorkers } from '../ready.ts';
import { quote } from '../request.ts';
import {
  IMAGE,
  inferDoc,
  inferenceReadyDoc,
  liveDoc,
  type ModelMetadata,
  modelMetadataDoc,
  modelReadyDoc,
  PIXELS,
  PROBABILITIES,
  type ServerMetadata,
  serverDoc,
  VERSION,
  versioned,
} from '../schemas/inference.ts';
import type { RouteDoc } from '../schemas/route-doc.ts';
import type { Services } from '../services.ts';
import { noRedis, noWorker, unavailable } from '../unavailable.ts';

const server: ServerMetadata = {
  name: 'synset',
  version: packageJson.version,
  extensions: ['binary_tensor_data', 'classification'],
};

const describeModel = ({ name, trained, sha256, classes }: ModelCardInfo): ModelMetadata => ({
  name,
  versions: [VERSION],
  platform: 'onnx_onnxv1',
  inputs: [
    { name: IMAGE, datatype: 'BYTES', shape: [-1] },
    { name: PIXELS, datatype: 'UINT8', shape: [-1, PIXELS_SIDE, PIXELS_SIDE, 3] },
  ],
  outputs: [{ name: PROBABILITIES, datatype: 'FP32', shape: [-1, classes] }],
  properties: { trained: `${trained}`, sha256 },
});

interface ModelRoute {
  readonly Params: { readonly name: string; readonly version?: string };
}

export const inferenceRoutes: FastifyPluginAsync<{ services: Services }> = async (
  app,
  { services },
) => {
  const { transport, watch } = services;

  /** Rejects where no worker serves a model of this name, or none can be asked for. */
  async function modelOf({ params }: FastifyRequest<ModelRoute>): Promise<ModelCardInfo> {
    if (!transport.connected) throw noRedis();
    const models = await watch.models().catch(unavailable);
    if (models.length === 0) throw noWorker();
    const { name, version = VERSION } = params;
    const model = models.find((model) => model.name === name && version === VERSION);
    if (model) return model;
    const serves = models.map(({ name }) => `"${name}"`).join(', ');
    throw new Problem(
      'NOT_FOUND',
      `No worker serves model ${quote(name)} in version ${quote(version)}; there is ${serves}, in version "${VERSION}".`,
    );
  }

  /** The path of a model with and without its version, and what is told of the route. */
  const paths = (doc: RouteDoc): [string, RouteDoc][] => [
    ['/models/:name', doc],
    ['/models/:name/versions/:version', versioned(doc)],
  ];

  app.setErrorHandler(answerError);
  app.setNotFoundHandler((request, reply) => missingRoute(app, request, reply));

  for (const prefixTrailingSlash of ['no-slash', 'slash'] as const) {
    const doc = serverDoc(prefixTrailingSlash === 'slash' ? 'serverSlash' : 'server');
    app.get('/', { schema: { doc }, prefixTrailingSlash }, async () => server);
  }

  for (const [path, doc] of paths(modelMetadataDoc)) {
    app.get<ModelRoute>(path, { schema: { doc } }, async (request) =>
      describeModel(await modelOf(request)),
    );
  }

  for (const [path, doc] of paths(inferDoc)) {
    app.post<ModelRoute>(`${path}/infer`, { schema: { doc } }, async (request, reply) => {
      await modelOf(request);
      const { json, binary } = await infer(request, reply, services);
      if (!binary) return json;
      const head = Buffer.from(JSON.stringify(json));
      return reply
        .type('application/octet-stream')
        .header('inference-header-content-length', head.length)
        .send(Buffer.concat([head, binary]));
    });
  }

  await app.register(async (health) => {
    health.setErrorHandler(answerNo);
    health.get('/health/live', { schema: { doc: liveDoc } }, (_request, reply) => reply.send());
    health.get('/health/ready', { schema: { doc: inferenceReadyDoc } }, async (_request, reply) => {
      await readyWorkers(services);
      return reply.send();
    });
    for (const [path, doc] of paths(modelReadyDoc)) {
      health.get<ModelRoute>(`${path}/ready`, { schema: { doc } }, async (request, reply) => {
        await modelOf(request);
        return reply.send();
      });
    }
  });
};

async function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply) {
  const problem = toProblem(error);
  await prepareProblem(problem, request, reply);
  return reply.send({ error: problem.message });
}

/** By the protocol a health route says no by its status, and nothing more. */
async function answerNo(error: unknown, _request: FastifyRequest, reply: FastifyReply) {
  return reply.status(problems[toProblem(error).code].status).send();
}
