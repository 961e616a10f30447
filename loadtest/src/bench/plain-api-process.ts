// Fastify that takes the same upload and answers without a queue: what cached answers are held against.
import multipart from '@fastify/multipart';
import Fastify from 'fastify';
import { answerCalls } from '../child.ts';

/** Gives its URL. */
async function serve(answer: object): Promise<string> {
  const app = Fastify();
  await app.register(multipart);
  app.post('/predict', async (request) => {
    const file = await request.file();
    await file?.toBuffer();
    return answer;
  });
  // The load ends each round with a photo that is no form: it is read, and refused.
  const whole = { parseAs: 'buffer' } as const;
  app.addContentTypeParser('image/jpeg', whole, (_request, body, done) => done(null, body));
  return await app.listen({ host: '127.0.0.1', port: 0 });
}

answerCalls(serve);
