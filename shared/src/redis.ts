// Connections to Redis: the only place that creates one.
import { createHash } from 'node:crypto';
import { createClient, RESP_TYPES } from 'redis';
import type { Logger } from './log.ts';

export interface RedisOptions {
  readonly url: string;
  /** Shown by CLIENT LIST. */
  readonly name: string;
  readonly log: Logger;
}

/** Longest pause between two attempts to connect again. */
const MAX_RECONNECT_DELAY_MS = 1000;

const reconnectDelay = (retries: number) =>
  Math.min(50 * 2 ** retries, MAX_RECONNECT_DELAY_MS) * (0.5 + Math.random() / 2);

/**
 * A client that is not connected yet: `connect()` waits until Redis is there, however long that
 * takes. While Redis is away, commands fail at once (no offline queue) and the client connects
 * again by itself.
 */
export function createRedis({ url, name, log }: RedisOptions) {
  const client = createClient({
    url,
    name,
    disableOfflineQueue: true,
    // The default makes an AbortSignal for each command, whose timer fires five seconds later,
    // answered or not: 7 % of the API's time. It counts only until a command is sent; see `inTime`.
    commandOptions: { timeout: 0 },
    socket: { reconnectStrategy: reconnectDelay, connectTimeout: 5000 },
  });
  // Without a listener the first lost connection would end the process (node-redis#2026).
  let lastError = '';
  client.on('error', (error: Error) => {
    const text = describeError(error);
    if (text !== lastError) log.warn({ redis: name, err: text }, 'Redis connection lost');
    lastError = text;
  });
  client.on('ready', () => {
    if (lastError !== '') log.info({ redis: name }, 'Redis is back');
    lastError = '';
  });
  return client;
}

export type Redis = ReturnType<typeof createRedis>;

/** The same client, reading strings as Buffers: the default would break a photo's bytes. */
export function withBuffers(client: Redis) {
  return client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
}

export type BufferRedis = ReturnType<typeof withBuffers>;

/** Longest silence of Redis while a command that does not block waits for its answer. */
export const COMMAND_TIMEOUT_MS = 800;

/** The error of a command that Redis did not answer in time; it may have been carried out. */
export class RedisTimeout extends Error {
  override readonly name = 'RedisTimeout';
}

/** When a connection brought its last answer. */
const lastAnswers = new WeakMap<Redis, number>();

/**
 * Rejects when Redis is silent for too long, since the client's own timeout counts no longer once
 * a command is sent. Answers to other commands count as a sign of life: with 32 photos of 5 MB on
 * the way each waits for those before it, for more than a second. The connection is then given up for a new one: what waits in it, photos
 * above all, would pile up, and until the new one stands commands fail at once.
 */
export async function inTime<T>(
  client: Redis,
  answer: Promise<T>,
  limitMs = COMMAND_TIMEOUT_MS,
): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const asked = performance.now();
  const onLate = () => {
    const silentMs = performance.now() - Math.max(asked, lastAnswers.get(client) ?? 0);
    if (silentMs < limitMs) return wait(limitMs - silentMs);
    reject(new RedisTimeout(`Redis did not answer within ${limitMs} ms`));
    reconnect(client);
  };
  let timer: NodeJS.Timeout | undefined;
  let check: NodeJS.Immediate | undefined;
  // After a halt of this process its timers run before it reads the answers that have come.
  const wait = (ms: number) => {
    timer = setTimeout(() => {
      check = setImmediate(onLate);
    }, ms);
  };
  wait(limitMs);
  try {
    const value = await Promise.race([answer, late]);
    lastAnswers.set(client, performance.now());
    return value;
  } finally {
    clearTimeout(timer);
    clearImmediate(check);
  }
}

function reconnect(client: Redis): void {
  if (!client.isReady) return; // it is at it already
  client.destroy();
  // Closed meanwhile, it rejects.
  client.connect().catch(() => {});
}

const digests = new Map<string, string>();

/** By which Redis calls a script that it knows. */
function digestOf(script: string): string {
  const known = digests.get(script);
  if (known) return known;
  const digest = createHash('sha1').update(script).digest('hex');
  digests.set(script, digest);
  return digest;
}

/** Runs a Lua script. With a client that reads Buffers its answer has them, else strings. */
export async function runScript(
  client: Redis | BufferRedis,
  script: string,
  keys: readonly string[],
  args: readonly (string | number | Buffer)[],
): Promise<unknown> {
  // Typed as text only: the client sends Buffers as they are.
  const values = args.map((value) => (typeof value === 'number' ? `${value}` : value) as string);
  const options = { keys: [...keys], arguments: values };
  try {
    return await client.evalSha(digestOf(script), options);
  } catch (error) {
    // Redis has started anew, or never seen it.
    if (!describeError(error).startsWith('NOSCRIPT')) throw error;
    return await client.eval(script, options);
  }
}

/** A text for an error whose message may be empty, as those of a connection are. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AggregateError) return error.errors.map(describeError).join('; ');
  return error.message === '' ? error.constructor.name : error.message;
}

/** Creates a stream's consumer group from its very beginning, unless it is there. */
export async function ensureGroup(client: Redis, stream: string, group: string): Promise<void> {
  try {
    await inTime(client, client.xGroupCreate(stream, group, '0', { MKSTREAM: true }));
  } catch (error) {
    if (!describeError(error).startsWith('BUSYGROUP')) throw error;
  }
}

/** True for the two errors that tell that a stream or its group has gone, as after a flush. */
export function isGroupGone(error: unknown): boolean {
  const text = describeError(error);
  return text.startsWith('NOGROUP') || text.startsWith('UNBLOCKED');
}

/** Redis's clock in milliseconds: the one clock that all machines share. */
export async function redisTime(client: Redis): Promise<number> {
  const [seconds, microseconds] = await inTime(client, client.time());
  return Number(seconds) * 1000 + Number(microseconds) / 1000;
}

/** Redis's clock, told without asking each time. */
export class RedisClock {
  readonly #client: Redis;
  #offset = 0;

  constructor(client: Redis) {
    this.#client = client;
  }

  async sync(): Promise<void> {
    this.#offset = (await redisTime(this.#client)) - performance.now();
  }

  /** Milliseconds. */
  now(): number {
    return performance.now() + this.#offset;
  }

  /** Milliseconds since a stream entry was added: its ID begins with Redis's time. */
  ageOf(entryId: string): number {
    return this.now() - Number.parseInt(entryId, 10);
  }
}
