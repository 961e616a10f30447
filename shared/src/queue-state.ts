// How full the queue is, and Redis with it: asked of Redis in one step, for whoever watches.
import { GROUP, type Keys } from './keys.ts';
import { inTime, type Redis, runScript } from './redis.ts';

/**
 * KEYS jobs, byte count, dead letters. ARGV group. There is no group before a worker comes. The
 * group's own lag is not asked for: it is unknown once an undelivered entry was deleted. What is
 * pending is older than what is not, so that a photo is read only where none is pending.
 */
const STATE = `#!lua flags=no-writes
local jobs, byteCount, dead = unpack(KEYS)
local backlog = redis.call('XLEN', jobs)
local bytes = backlog > 0 and tonumber(redis.call('GET', byteCount) or 0) or 0
local summary = redis.pcall('XPENDING', jobs, ARGV[1])
local pending, oldest = 0, false
if not summary.err then pending, oldest = summary[1], summary[2] end
if not oldest and backlog > 0 then
  oldest = redis.call('XRANGE', jobs, '-', '+', 'COUNT', 1)[1][1]
end
local age = 0
if oldest then
  local now = redis.call('TIME')
  age = now[1] * 1000 + math.floor(now[2] / 1000) - tonumber(string.match(oldest, '^%d+'))
end
local info = redis.call('INFO', 'memory')
local used = tonumber(string.match(info, 'used_memory:(%d+)'))
local limit = tonumber(string.match(info, 'maxmemory:(%d+)'))
return {backlog, pending, bytes, math.max(0, age), redis.call('XLEN', dead), used, limit}`;

export interface QueueState {
  /** Jobs that wait or run. */
  readonly backlog: number;
  /** Those of them that a worker has. */
  readonly pending: number;
  /** Of the photos of the backlog. */
  readonly bytes: number;
  /** Milliseconds since the oldest job of the backlog was queued; 0 where there is none. */
  readonly oldestMs: number;
  readonly deadLetters: number;
  readonly memoryUsed: number;
  /** 0: Redis has no limit. */
  readonly memoryLimit: number;
}

/** Rejects when Redis does not answer in time. */
export async function queueState(client: Redis, { jobs, jobBytes, dead }: Keys) {
  const asked = runScript(client, STATE, [jobs, jobBytes, dead], [GROUP]);
  const [backlog, pending, bytes, oldestMs, deadLetters, memoryUsed, memoryLimit] = (await inTime(
    client,
    asked,
  )) as [number, number, number, number, number, number, number];
  const state: QueueState = {
    backlog,
    pending,
    bytes,
    oldestMs,
    deadLetters,
    memoryUsed,
    memoryLimit,
  };
  return state;
}
