// The API key that a request brings, and whether it may count.
import type { FastifyRequest } from 'fastify';

export interface Credentials {
  readonly key: string;
  /** Browsers send a password by themselves, also on behalf of other sites' pages. */
  readonly byBrowser: boolean;
}

/** `X-API-Key` goes first: `Authorization` may be what a proxy wants. */
export function credentialsOf({ headers }: FastifyRequest): Credentials | null {
  const own = headers['x-api-key'];
  if (typeof own === 'string') return { key: own, byBrowser: false };
  const [, scheme, value = ''] = /^(bearer|basic) +(\S+)$/i.exec(headers.authorization ?? '') ?? [];
  if (!scheme) return null;
  if (scheme.toLowerCase() === 'bearer') return { key: value, byBrowser: false };
  const text = Buffer.from(value, 'base64').toString();
  // Any user name will do.
  return { key: text.slice(text.indexOf(':') + 1), byBrowser: true };
}

const READS = ['GET', 'HEAD', 'OPTIONS'];

/**
 * True for a request that another site's page may have made. Browsers tell by Sec-Fetch-Site, but on
 * plain HTTP only by Origin; what says neither is no browser's.
 */
export function isForeignWrite({ method, headers, host }: FastifyRequest): boolean {
  if (READS.includes(method)) return false;
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  const { origin } = headers;
  if (origin === undefined) return false;
  return !URL.canParse(origin) || new URL(origin).host !== host;
}
