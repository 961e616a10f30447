// Settings that name others on the network: whose pages may ask, and whom to believe.
import { isIP } from 'node:net';

const parts = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

/** `https://shop.example,http://localhost:8080`. Not `*`: any page could use a service that is private. */
export function parseOrigins(text: string): string[] {
  return parts(text).map((part) => {
    const url = URL.canParse(part) ? new URL(part) : null;
    if (url?.origin === part && /^https?:$/.test(url.protocol)) return part;
    throw new Error(`${part} is no origin, such as https://shop.example`);
  });
}

/** What proxy-addr calls the addresses that no one has on the internet. */
const NAMES = ['loopback', 'linklocal', 'uniquelocal'];

/**
 * `10.0.0.5,172.16.0.0/12,loopback`. Neither `true` nor a number of proxies: whoever gets past the
 * proxy could call itself anything.
 */
export function parseProxies(text: string): string[] {
  return parts(text).map((part) => {
    const [address = '', bits, more] = part.split('/');
    const most = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
    const isRange = bits === undefined || (/^[1-9]\d*$/.test(bits) && Number(bits) <= most);
    if (NAMES.includes(part) || (most > 0 && isRange && more === undefined)) return part;
    throw new Error(`${part} is no address, no range of them, and not ${NAMES.join(', ')}`);
  });
}
