// Refuses who asks for too much. A request counts as one, a form of several photos as so many.
import { describeError, Problem } from '@synset/shared';
import type { FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { clientOf, type RateCounters, type RateLimit } from '../rate-limit.ts';
import { isQuiet } from './request-log.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** Counts the photos that a request brought beside its first. */
    chargeMore(request: FastifyRequest, photos: number): Promise<void>;
  }
}

export interface RateLimitOptions {
  /** Undefined: there is none. */
  readonly limit: RateLimit | undefined;
  readonly counters: RateCounters;
}

export default fp<RateLimitOptions>(
  async (app, { limit, counters }) => {
    if (!limit) {
      app.decorate('chargeMore', async () => {});
      return;
    }

    /** Null where Redis fails: it is not for the client to pay, and the queue says what is wrong. */
    const take = async (request: FastifyRequest, amount: number) => {
      try {
        return await counters.take(clientOf(request), amount, limit.windowMs);
      } catch (error) {
        request.log.warn({ err: describeError(error) }, 'rate not counted');
        return null;
      }
    };

    app.decorate('chargeMore', async (request, photos) => {
      if (photos > 0) await take(request, photos);
    });

    app.addHook('onRequest', async (request: FastifyRequest, reply: FastifyReply) => {
      // What watches over the service must see it also where all else is refused.
      if (isQuiet(request)) return;
      const taken = await take(request, 1);
      if (!taken) return;
      const resetS = Math.ceil(taken.resetMs / 1000);
      reply
        .header('ratelimit-limit', limit.max)
        .header('ratelimit-remaining', Math.max(0, limit.max - taken.count))
        .header('ratelimit-reset', resetS);
      if (taken.count > limit.max) throw rateLimited(limit, resetS);
    });
  },
  { name: 'rate-limit', dependencies: ['problems', 'keys'] },
);

function rateLimited({ max, windowMs }: RateLimit, retryAfterS: number): Problem {
  const detail = `More than ${max} requests or photos in ${windowMs / 1000} s, which is the limit.`;
  return new Problem('RATE_LIMITED', detail, { retryAfterS });
}
