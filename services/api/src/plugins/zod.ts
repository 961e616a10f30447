// Routes state what they take as zod schemas.
import fp from 'fastify-plugin';
import { validatorCompiler } from 'fastify-type-provider-zod';

export default fp(
  async (app) => {
    app.setValidatorCompiler(validatorCompiler);
  },
  { name: 'zod' },
);
