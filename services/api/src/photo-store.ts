// Keeps uploaded photos for a while, so that they can be looked at again.
import {
  type BufferRedis,
  describeError,
  inTime,
  type Keys,
  MEMORY_FOR_COMFORT,
  MEMORY_IN_USE,
  type Redis,
  runScript,
  withBuffers,
} from '@synset/shared';
import type { FastifyBaseLogger } from 'fastify';

/** Most bytes of photos kept at a time, over all instances. */
const MAX_BYTES = 64 * 1024 * 1024;

// Adds a photo and lets the oldest ones go until all fit. `photos` is a list of `<bytes> <key>`,
// oldest first; photos that have expired by themselves leave it here too.
const KEEP = `#!lua flags=allow-oom
${MEMORY_IN_USE}
local list, key, photo, ttl, max = KEYS[1], KEYS[2], ARGV[1], ARGV[2], tonumber(ARGV[3])
local total = #photo
if memoryInUse(total) > ${MEMORY_FOR_COMFORT} or total > max then return 0 end
for _, entry in ipairs(redis.call('LRANGE', list, 0, -1)) do
  total = total + tonumber(string.match(entry, '^%d+'))
end
while total > max do
  local oldest = redis.call('LPOP', list)
  local bytes, old = string.match(oldest, '^(%d+) (.+)$')
  redis.call('DEL', old)
  total = total - tonumber(bytes)
end
redis.call('SET', key, photo, 'EX', ttl)
redis.call('RPUSH', list, #photo .. ' ' .. key)
redis.call('EXPIRE', list, ttl)
return 1`;

export class PhotoStore {
  readonly #redis: Redis;
  readonly #buffers: BufferRedis;
  readonly #keys: Keys;
  readonly #ttlS: number;

  constructor(redis: Redis, keys: Keys, ttlS: number) {
    this.#redis = redis;
    this.#buffers = withBuffers(redis);
    this.#keys = keys;
    this.#ttlS = ttlS;
  }

  /**
   * False when the photo alone is more than may be kept, or Redis's memory is short, or Redis fails:
   * a photo to look at is a comfort, without which all goes on.
   */
  async keep(jobId: string, photo: Buffer, log: FastifyBaseLogger): Promise<boolean> {
    const keys = [this.#keys.photos, this.#keys.photo(jobId)];
    const keeping = runScript(this.#redis, KEEP, keys, [photo, this.#ttlS, MAX_BYTES]);
    try {
      return (await inTime(this.#redis, keeping)) === 1;
    } catch (error) {
      log.warn({ err: describeError(error) }, 'photo not kept');
      return false;
    }
  }

  /** As `keep`, it never rejects: the photo's time ends by itself too. */
  async forget(jobId: string): Promise<void> {
    await inTime(this.#redis, this.#redis.del(this.#keys.photo(jobId))).catch(() => {});
  }

  async get(jobId: string): Promise<Buffer | null> {
    return await inTime(this.#redis, this.#buffers.get(this.#keys.photo(jobId)));
  }
}
