// Refuses new requests while the service is shutting down; those under way are answered.
import { Problem } from '@synset/shared';
import fp from 'fastify-plugin';

declare module 'fastify' {
  interface FastifyInstance {
    /** Refuses what comes, and resolves when all that is under way is answered. */
    drain(): Promise<void>;
    /** Requests that are not answered yet. */
    underWay(): number;
  }
}

export default fp(
  async (app) => {
    let closing = false;
    let underWay = 0;
    const drained = Promise.withResolvers<void>();
    const check = () => {
      if (closing && underWay === 0) drained.resolve();
    };
    app.decorate('underWay', () => underWay);
    // Listens on meanwhile: a client, or a balancer, is told to go elsewhere instead of nothing.
    app.decorate('drain', () => {
      closing = true;
      check();
      return drained.promise;
    });
    // Otherwise the client would keep its connection, and the server would wait for its end.
    app.addHook('onSend', async (_request, reply) => {
      if (closing) reply.header('connection', 'close');
    });
    app.addHook('onRequest', async (request, reply) => {
      underWay++;
      reply.raw.once('close', () => {
        underWay--;
        check();
      });
      if (!closing || request.url === '/healthz') return;
      throw new Problem('SHUTTING_DOWN', 'The service is shutting down; try again.', {
        retryAfterS: 1,
      });
    });
  },
  { name: 'shutdown' },
);
