// The addresses that a model's file can be had from.
import type { ModelCard } from '../card.ts';

export interface Source {
  href: string;
  headers: Record<string, string>;
  /** How messages name it: without credentials and query, which may be secrets. */
  shown: string;
}

/**
 * The card's own addresses in order; or, where a mirror is named, only that one. A closed network
 * names a mirror so that nothing else is contacted.
 */
export function sourcesOf({ urls = [], file }: ModelCard, mirror: string | undefined): Source[] {
  if (mirror === undefined) return urls.map((url) => sourceOf(new URL(url)));
  const url = new URL(mirror);
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/${encodeURIComponent(file)}`;
  return [sourceOf(url)];
}

function sourceOf(url: URL): Source {
  const { username, password } = url;
  const shown = `${url.origin}${url.pathname}`;
  // Lengths and offsets are those of the file as it is.
  const headers: Record<string, string> = { 'accept-encoding': 'identity' };
  if (username) {
    // fetch refuses addresses that hold credentials.
    const plain = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    headers.authorization = `Basic ${Buffer.from(plain).toString('base64')}`;
    url.username = '';
    url.password = '';
  }
  return { href: url.href, headers, shown };
}
