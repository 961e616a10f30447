// Lets the pages of other sites, where some are named, use the service from a browser.
import cors from '@fastify/cors';
import fp from 'fastify-plugin';

export default fp<{ origins: string[] }>(
  async (app, { origins }) => {
    if (origins.length === 0) return;
    await app.register(cors, {
      origin: origins,
      methods: ['GET', 'HEAD', 'POST'],
      // No passwords that the browser sends by itself: such a page brings a key of its own.
      credentials: false,
      allowedHeaders: [
        ...['authorization', 'x-api-key', 'content-type', 'cache-control'],
        ...['idempotency-key', 'x-request-timeout'],
      ],
      exposedHeaders: [
        ...['retry-after', 'server-timing', 'link'],
        ...['ratelimit-limit', 'ratelimit-remaining', 'ratelimit-reset'],
      ],
      maxAge: 600, // s
      strictPreflight: false, // other OPTIONS are answered alike, instead of by a text
    });
  },
  { name: 'cors' },
);
