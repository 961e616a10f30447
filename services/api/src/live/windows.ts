// The windows of all API instances in Redis: written only while somebody looks at them.
import { inTime, type Keys, type Redis, runScript } from '@synset/shared';
import { z } from 'zod';
import type { Answered } from './window.ts';

/** How long a look counts; there is one every two seconds. */
const WATCHED_S = 5;
/** An instance writes once a second: one that did not for so long has ended, or answers nothing. */
const STALE_S = 5;
/** When nobody looks any more, all of it goes. */
const KEPT_S = 60;

/**
 * KEYS windows. ARGV instance, window. The time is Redis's own: instances' clocks may differ. A full
 * Redis takes it too (allow-oom): it is a few kB in all.
 */
const WRITE = `#!lua flags=allow-oom
local now = redis.call('TIME')
redis.call('HSET', KEYS[1], ARGV[1], now[1] .. ' ' .. ARGV[2])
redis.call('EXPIRE', KEYS[1], ${KEPT_S})`;

/** KEYS watched, windows. Gives instances and their windows in turn. */
const LOOK = `#!lua flags=allow-oom
local watched, windows = unpack(KEYS)
redis.call('SET', watched, '1', 'EX', ${WATCHED_S})
local now = tonumber(redis.call('TIME')[1])
local all, fresh = redis.call('HGETALL', windows), {}
for i = 1, #all, 2 do
  local at, window = string.match(all[i + 1], '^(%d+) (.*)$')
  if at and math.abs(now - tonumber(at)) <= ${STALE_S} then
    fresh[#fresh + 1] = all[i]
    fresh[#fresh + 1] = window
  else
    redis.call('HDEL', windows, all[i])
  end
end
return fresh`;

const answered = z.object({
  perS: z.number(),
  times: z.array(z.tuple([z.int(), z.int()])),
});

/** All reject when Redis does not answer in time. */
export class Windows {
  readonly #redis: Redis;
  readonly #keys: Keys;

  constructor(redis: Redis, keys: Keys) {
    this.#redis = redis;
    this.#keys = keys;
  }

  async isWatched(): Promise<boolean> {
    return (await inTime(this.#redis, this.#redis.exists(this.#keys.watched))) === 1;
  }

  async write(instance: string, window: Answered): Promise<void> {
    const args = [instance, JSON.stringify(window)];
    await inTime(this.#redis, runScript(this.#redis, WRITE, [this.#keys.live], args));
  }

  /** Windows by instance. Instances write theirs when they see that somebody has looked. */
  async look(): Promise<Map<string, Answered>> {
    const { watched, live } = this.#keys;
    const looking = runScript(this.#redis, LOOK, [watched, live], []);
    const found = (await inTime(this.#redis, looking)) as string[];
    const windows = new Map<string, Answered>();
    for (let i = 0; i < found.length; i += 2) {
      const [instance = '', json = ''] = found.slice(i);
      const window = parse(json);
      if (window) windows.set(instance, window);
    }
    return windows;
  }
}

/** What cannot be read, as from another version of the service, counts for nothing. */
function parse(json: string): Answered | null {
  try {
    return answered.parse(JSON.parse(json));
  } catch {
    return null;
  }
}
