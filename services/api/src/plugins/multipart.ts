// Forms, with every limit written out.
import multipart from '@fastify/multipart';
import fp from 'fastify-plugin';
import { MAX_FIELD_BYTES } from '../multipart.ts';

// No limit of a field's name: the parser knows none, `checkPart` does.
const limits = {
  fieldSize: MAX_FIELD_BYTES,
  fields: 10,
  files: 2, // the second one is only there to be noticed
  parts: 12,
  // Of a part's header. What is beyond is not read: a file whose name is there is none.
  headerPairs: 50,
  headerSize: 8192, // bytes; the plugin's types do not know it
};

export default fp(
  async (app) => {
    await app.register(multipart, { throwFileSizeLimit: false, limits });
  },
  { name: 'multipart' },
);
