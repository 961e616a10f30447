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
    app.addHook('onSend', (_request, reply, _payload, done) => {
      if (closing) reply.header('connection', 'close');
      done();
    });
    app.addHook('onRequest', (request, reply, done) => {
      underWay++;
      reply.raw.once('close', () => {
        underWay--;
        check();
      });
      if (!closing || request.url === '/healthz') return done();
      const detail = 'The service is shutting down; try again.';
      done(new Problem('SHUTTING_DOWN', detail, { retryAfterS: 1 }));
    });
  },
  { name: 'shutdown' },
);
