// The API's document: OpenAPI 3.1, made from the routes' zod schemas.
import swagger from '@fastify/swagger';
import fp from 'fastify-plugin';
import packageJson from '../../package.json' with { type: 'json' };
import { tags } from '../schemas/route-doc.ts';
import { transform, transformObject } from '../schemas/transform.ts';

const DESCRIPTION = `Send a photo, get its ImageNet category.

Errors are RFC 9457 problems with a stable \`code\`; those of the Open Inference Protocol are as that says.
Beside what the routes list: what is at no path is 404 \`NOT_FOUND\`, with another method 405
\`METHOD_NOT_ALLOWED\`; a request that is no HTTP is 400 \`INVALID_BODY\`, one whose headers are too large 431
\`HEADERS_TOO_LARGE\`, and one that does not arrive in time 408 \`REQUEST_TIMEOUT\`.`;

/** Where the operator wants keys, each of these brings one. */
const securitySchemes = {
  bearer: { type: 'http', scheme: 'bearer', description: 'The key as a token.' },
  header: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
  basic: { type: 'http', scheme: 'basic', description: 'The key as password, with any name.' },
} as const;

export default fp(
  async (app) => {
    await app.register(swagger, {
      openapi: {
        openapi: '3.1.0',
        info: {
          title: 'Synset',
          version: packageJson.version,
          description: DESCRIPTION,
          license: { name: 'MIT', identifier: 'MIT' },
        },
        tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
        components: { securitySchemes },
        // Keys are wanted only where the operator has set some.
        security: [{}, ...Object.keys(securitySchemes).map((name) => ({ [name]: [] }))],
      },
      transform,
      transformObject,
    });
  },
  { name: 'openapi' },
);
