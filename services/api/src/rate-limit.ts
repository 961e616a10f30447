// How much each client may ask for in a while, counted in Redis for all instances together.
import { createHash } from 'node:crypto';
import { inTime, type Keys, type Redis, runScript } from '@synset/shared';
import type { FastifyRequest } from 'fastify';
import ipaddr from 'ipaddr.js';

export interface RateLimit {
  readonly max: number;
  readonly windowMs: number;
}

const UNITS_MS = { s: 1000, m: 60_000, h: 3_600_000 };
const LONGEST_MS = 24 * UNITS_MS.h;

/** `100/60s`, `100/m`, `5000/24h`. */
export function parseRateLimit(text: string): RateLimit {
  const [, max, times = '1', unit] = /^(\d{1,9})\/(\d{1,5})?([smh])$/.exec(text) ?? [];
  const windowMs = Number(times) * (UNITS_MS[unit as keyof typeof UNITS_MS] ?? 0);
  if (Number(max) > 0 && windowMs > 0 && windowMs <= LONGEST_MS)
    return { max: Number(max), windowMs };
  throw new Error('must be a number and a time of at most 24h, such as 100/60s, 100/m or 5000/h');
}

/** KEYS counter. ARGV what is taken, ms of the window. Gives the count and the ms that it still lasts. */
const TAKE = `#!lua flags=allow-oom
local count = redis.call('INCRBY', KEYS[1], ARGV[1])
if count == tonumber(ARGV[1]) then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return {count, redis.call('PTTL', KEYS[1])}`;

export interface Taken {
  /** By the client, since its window began. */
  readonly count: number;
  /** Until its window ends. */
  readonly resetMs: number;
}

export class RateCounters {
  readonly #redis: Redis;
  readonly #keys: Keys;

  constructor(redis: Redis, keys: Keys) {
    this.#redis = redis;
    this.#keys = keys;
  }

  /** Rejects when Redis does not answer in time. */
  async take(client: string, amount: number, windowMs: number): Promise<Taken> {
    const counter = [this.#keys.rate(client)];
    const taking = runScript(this.#redis, TAKE, counter, [amount, windowMs]);
    const [count = 0, resetMs = 0] = (await inTime(this.#redis, taking)) as number[];
    return { count, resetMs };
  }
}

/** Who asks: the holder of a key, else an address. Hashed, as neither belongs into Redis. */
export function clientOf({ keyDigest, ip }: FastifyRequest): string {
  const client = keyDigest ? `key ${keyDigest}` : `network ${networkOf(ip)}`;
  return createHash('sha256').update(client).digest('hex').slice(0, 32);
}

/** Of IPv6 the first half, since whoever has one address has all of its second half. */
export function networkOf(ip: string): string {
  if (!ipaddr.isValid(ip)) return ip;
  const address = ipaddr.process(ip); // ::ffff:1.2.3.4 is 1.2.3.4
  if (address instanceof ipaddr.IPv4) return address.toString();
  const half = address.parts.slice(0, 4);
  return half.map((part) => part.toString(16)).join(':');
}
