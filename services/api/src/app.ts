// The API as a Fastify instance: plugins, then routes. Nothing here listens or ends the process.
import { randomUUID } from 'node:crypto';
import { Budget, createKeys, type Logger } from '@synset/shared';
import Fastify, { type FastifyInstance, LogController } from 'fastify';
import { Classifier } from './classifier.ts';
import { answerClientError } from './client-error.ts';
import type { ApiConfig } from './config.ts';
import { PhotoStore } from './photo-store.ts';
import multipart from './plugins/multipart.ts';
import page from './plugins/page.ts';
import problems, { answerError } from './plugins/problems.ts';
import shutdown from './plugins/shutdown.ts';
import zod from './plugins/zod.ts';
import { RedisTransport } from './redis-transport.ts';
import { infoRoutes } from './routes/info.ts';
import { pageRoutes } from './routes/page.ts';
import { predictRoutes } from './routes/predict.ts';
import type { Services } from './services.ts';

/** Longest time for a whole request to arrive, so that slow clients hold nothing for ever. */
const RECEIVE_TIMEOUT_MS = 60_000;

export interface Api {
  readonly app: FastifyInstance;
  /** Answers what is under way, then lets go of everything. May be called twice. */
  close(): Promise<void>;
}

export async function buildApi(config: ApiConfig, log: Logger): Promise<Api> {
  const keys = createKeys(config.KEY_PREFIX);
  const transport = new RedisTransport(config.REDIS_URL, keys, log);
  const classifier = new Classifier(transport, config.REQUEST_TIMEOUT_MS);
  const services: Services = {
    config,
    classifier,
    transport,
    photos: new PhotoStore(transport.redis, keys, config.PHOTO_TTL_S),
    inFlight: new Budget(config.MAX_IN_FLIGHT_BYTES),
  };
  classifier.start();
  const app = await buildApp(services, log);
  return {
    app,
    // Redis after the requests: in an onClose hook it would be cut under them (fastify#3617).
    close: async () => {
      await app.close();
      await transport.close();
    },
  };
}

async function buildApp(services: Services, log: Logger): Promise<FastifyInstance> {
  const app = Fastify({
    loggerInstance: log,
    // One line a request would be most of the work of logging; problems are logged where they arise.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    requestTimeout: RECEIVE_TIMEOUT_MS,
    return503OnClosing: false, // the shutdown plugin answers with a problem
    clientErrorHandler: answerClientError,
    frameworkErrors: answerError,
  });
  // Bodies are read by `readUpload` alone, whatever their content type.
  app.removeAllContentTypeParsers();
  await app.register(problems);
  await app.register(shutdown);
  await app.register(zod);
  await app.register(multipart);
  await app.register(page);
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
  await app.register(infoRoutes, { services });
  await app.register(predictRoutes, { services });
  await app.register(pageRoutes, { services });
  return app as unknown as FastifyInstance;
}
