// Refuses new requests while the service is shutting down; those under way are answered.
import { Problem } from '@synset/shared';
import fp from 'fastify-plugin';

export default fp(
  async (app) => {
    let closing = false;
    app.addHook('preClose', async () => {
      closing = true;
    });
    // Otherwise the client would keep its connection, and the server would wait for its end.
    app.addHook('onSend', async (_request, reply) => {
      if (closing) reply.header('connection', 'close');
    });
    app.addHook('onRequest', async (request) => {
      if (!closing || request.url === '/healthz') return;
      throw new Problem('SHUTTING_DOWN', 'The service is shutting down; try again.', {
        retryAfterS: 1,
      });
    });
  },
  { name: 'shutdown' },
);
