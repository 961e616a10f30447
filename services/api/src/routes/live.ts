// GET /live: the state of the whole service as Server-Sent Events.
import type { OutgoingHttpHeaders } from 'node:http';
import type { FastifyPluginAsync } from 'fastify';
import { liveDoc } from '../schemas/live.ts';
import type { Services } from '../services.ts';

const HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-store',
  'x-accel-buffering': 'no', // nginx would keep the events until it has 4 kB of them
};

export const liveRoutes: FastifyPluginAsync<{ services: Services }> = async (
  app,
  { services: { board } },
) => {
  app.get('/live', { schema: { doc: liveDoc } }, (request, reply) => {
    const asksForHead = request.method === 'HEAD';
    if (!asksForHead) board.checkRoom();
    reply.hijack();
    const headers = reply.headers(HEADERS).getHeaders() as OutgoingHttpHeaders;
    reply.raw.writeHead(200, headers);
    if (asksForHead) reply.raw.end();
    else board.add(reply.raw);
  });
};
