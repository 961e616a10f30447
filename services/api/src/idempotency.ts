// What was answered to a request with an Idempotency-Key, so that its repetition does nothing new.
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { inTime, type Keys, Problem, type Redis } from '@synset/shared';
import { z } from 'zod';
import { unavailable } from './unavailable.ts';

const stored = z.object({ bodyHash: z.string(), answer: z.unknown() });

export class Idempotency {
  readonly #redis: Redis;
  readonly #keys: Keys;
  readonly #ttlS: number;

  constructor(redis: Redis, keys: Keys, ttlS: number) {
    this.#redis = redis;
    this.#keys = keys;
    this.#ttlS = ttlS;
  }

  /**
   * What names the answers and the jobs of a key: `text` (see `idempotencyText`), hashed with a secret
   * that is Redis's own, so that nobody gets at another one's jobs by guessing their key.
   */
  async scopeOf(text: string): Promise<string> {
    const { idempotencySecret: key } = this.#keys;
    const fresh = randomBytes(32).toString('hex');
    const asking = this.#redis.set(key, fresh, { NX: true, GET: true });
    const secret = (await inTime(this.#redis, asking).catch(unavailable)) ?? fresh;
    return createHmac('sha256', secret).update(text).digest('hex');
  }

  /** `scope`: see `scopeOf`. Rejects with QUEUE_UNAVAILABLE. */
  async find(scope: string): Promise<z.infer<typeof stored> | null> {
    const key = this.#keys.idempotent(scope);
    const json = await inTime(this.#redis, this.#redis.get(key)).catch(unavailable);
    return json === null ? null : stored.parse(JSON.parse(json));
  }

  /** The answer that counts: that of another request with the same key, if it was faster. */
  async keep(scope: string, bodyHash: string, answer: unknown): Promise<unknown> {
    const key = this.#keys.idempotent(scope);
    const value = JSON.stringify({ bodyHash, answer });
    const keeping = this.#redis.set(key, value, { EX: this.#ttlS, NX: true });
    const kept = await inTime(this.#redis, keeping).catch(unavailable);
    const first = kept === null ? await this.find(scope) : null;
    if (!first) return answer;
    if (first.bodyHash !== bodyHash) throw mismatch();
    return first.answer;
  }
}

/**
 * The ID of the scope's n-th job, so that a repetition finds the jobs of a request whose answer
 * was never given, because its API instance died.
 */
export function jobIdOf(scope: string, index: number): string {
  const hash = createHash('sha256').update(`${scope} ${index}`).digest('hex');
  return hash.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');
}

export const mismatch = () =>
  new Problem(
    'IDEMPOTENCY_MISMATCH',
    'This Idempotency-Key was used before, for a request with another body.',
  );
