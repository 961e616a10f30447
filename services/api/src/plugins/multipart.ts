// Forms, with every limit written out.
import multipart from '@fastify/multipart';
import fp from 'fastify-plugin';

export default fp(
  async (app) => {
    await app.register(multipart, {
      throwFileSizeLimit: false,
      limits: {
        fieldNameSize: 100, // bytes
        fieldSize: 10_000, // bytes
        fields: 10,
        files: 2, // the second one is only there to be noticed
        parts: 12,
        headerPairs: 50,
      },
    });
  },
  { name: 'multipart' },
);
