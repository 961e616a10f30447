// Lets nobody in without a valid API key, where keys are set.
import { Problem } from '@synset/shared';
import type { FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import type { ApiKeys } from '../api-keys.ts';
import { credentialsOf, isForeignWrite } from '../credentials.ts';
import { wantsHtml } from '../request.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** SHA-256 of the API key that it came with; null where no keys are set. */
    keyDigest: string | null;
  }
}

export interface KeyOptions {
  readonly keys: ApiKeys;
  /** Routes that need no key. */
  readonly open: ReadonlySet<string>;
}

/**
 * Why a request may not come in, or null. A browser asks its user for a password only where a page was
 * to be seen: under the page's own requests its dialog would come out of nowhere.
 */
export function refusal(
  keys: ApiKeys,
  request: FastifyRequest,
  reply: FastifyReply,
): Problem | null {
  if (keys.count === 0) return null;
  const given = credentialsOf(request);
  const digest = given && keys.find(given.key);
  const isForeign = digest !== null && given?.byBrowser === true && isForeignWrite(request);
  if (digest !== null && !isForeign) {
    request.keyDigest = digest;
    return null;
  }
  const scheme = !isForeign && wantsPage(request) ? 'Basic' : 'Bearer';
  reply.header('www-authenticate', `${scheme} realm="Synset"`);
  if (isForeign) {
    return new Problem(
      'UNAUTHORIZED',
      "A password counts only for requests of this site's own page.",
    );
  }
  const wanted = 'an API key as Authorization: Bearer, as X-API-Key or as the password';
  return new Problem(
    'UNAUTHORIZED',
    given ? 'The API key is not valid.' : `This service wants ${wanted}.`,
  );
}

const wantsPage = (request: FastifyRequest): boolean =>
  (request.method === 'GET' && request.routeOptions.url === '/') || wantsHtml(request);

export default fp<KeyOptions>(
  async (app, { keys, open }) => {
    app.decorateRequest('keyDigest', null);
    app.addHook('onRequest', (request, reply, done) => {
      if (open.has(request.routeOptions.url ?? '')) return done();
      done(refusal(keys, request, reply) ?? undefined);
    });
  },
  { name: 'keys', dependencies: ['problems'] },
);
