// Headers that tell browsers what our answers may do: very little. A route may set its own.
import helmet from '@fastify/helmet';
import fp from 'fastify-plugin';

export default fp(
  async (app) => {
    await app.register(helmet, {
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          defaultSrc: ["'none'"],
          scriptSrc: ["'self'"],
          styleSrc: ["'self'"],
          imgSrc: ["'self'", 'blob:'], // blob: the chosen photo, before it is sent
          connectSrc: ["'self'"],
          formAction: ["'self'"],
          frameAncestors: ["'none'"],
          baseUri: ["'none'"],
        },
      },
      xFrameOptions: { action: 'deny' },
      // With `no-referrer` browsers hide a form's origin, which tells it from another site's form.
      referrerPolicy: { policy: 'same-origin' },
      // Whoever has the certificate decides for the host: the proxy that speaks TLS.
      strictTransportSecurity: false,
      // For pages that open windows. On plain HTTP browsers only complain about them.
      crossOriginOpenerPolicy: false,
      originAgentCluster: false,
    });
  },
  { name: 'helmet' },
);
