// Says that the service is shutting down, then refuses new requests; those under way are answered.
import { setTimeout as pause } from 'node:timers/promises';
import { Problem } from '@synset/shared';
import fp from 'fastify-plugin';
import { aliveRoutes, readyRoutes } from '../health-routes.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Says for `delayMs` that it is no longer ready, then refuses what comes; resolves when all that
     * is under way is answered.
     */
    drain(delayMs: number): Promise<void>;
    /** Requests that are not answered yet. */
    underWay(): number;
  }
}

export default fp(
  async (app) => {
    let leaving = false;
    let closing = false;
    let underWay = 0;
    const drained = Promise.withResolvers<void>();
    const check = () => {
      if (closing && underWay === 0) drained.resolve();
    };
    app.decorate('underWay', () => underWay);
    // Listens on meanwhile: a client, or a balancer, is told to go elsewhere instead of nothing.
    app.decorate('drain', async (delayMs: number) => {
      leaving = true;
      if (delayMs > 0) await pause(delayMs);
      closing = true;
      check();
      await drained.promise;
    });
    // Otherwise the client would keep its connection, and the server would wait for its end.
    app.addHook('onSend', (_request, reply, _payload, done) => {
      if (leaving) reply.header('connection', 'close');
      done();
    });
    app.addHook('onRequest', (request, reply, done) => {
      underWay++;
      reply.raw.once('close', () => {
        underWay--;
        check();
      });
      const { url = '' } = request.routeOptions;
      const refused = closing ? !aliveRoutes.includes(url) : leaving && readyRoutes.includes(url);
      if (!refused) return done();
      const detail = 'The service is shutting down; try again.';
      done(new Problem('SHUTTING_DOWN', detail, { retryAfterS: 1 }));
    });
  },
  { name: 'shutdown' },
);
