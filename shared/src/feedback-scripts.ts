// The scripts (Lua) by which feedback changes, each in one step with its index, counts and photo.
import { MEMORY_FOR_COMFORT, MEMORY_IN_USE } from './queue-scripts.ts';

/** Entries that are kept; then an operator takes them over and removes them. */
export const MAX_FEEDBACK = 100_000;
/** Of the entries, which may be so many long comments that nothing else has room. */
export const MAX_FEEDBACK_BYTES = 64 * 1024 * 1024;
/** Of all photos that came with them. */
export const MAX_PHOTO_BYTES = 128 * 1024 * 1024;

/** `entry` as XRANGE gives it: its ID, and its fields in the order that SAY writes them in. */
const FORGET = `
local feedback, index, counts, photos, photoUses, photoBytes = unpack(KEYS)
local function forget(entry)
  local id, verdict, photo = entry[2][2], entry[2][6], entry[2][8]
  redis.call('XDEL', feedback, entry[1])
  redis.call('HDEL', index, id)
  if redis.call('HINCRBY', counts, verdict, -1) <= 0 then redis.call('HDEL', counts, verdict) end
  if photo == '' or redis.call('HINCRBY', photoUses, photo, -1) > 0 then return end
  redis.call('DECRBY', photoBytes, redis.call('HSTRLEN', photos, photo))
  redis.call('HDEL', photoUses, photo)
  redis.call('HDEL', photos, photo)
end`;

/**
 * KEYS feedback, index, counts, photos, uses of each photo, bytes of all. ARGV prediction's ID, what
 * is said of it, the verdict's name in the counts, the photo's SHA-256, the photo (or empty).
 * Gives whether the photo is kept, or what there is too much of: it looks after Redis's memory itself
 * (allow-oom).
 */
export const SAY = `#!lua flags=allow-oom
${MEMORY_IN_USE}
${FORGET}
local id, said, verdict, sha256, photo = unpack(ARGV)
local held = ''
if photo ~= '' then
  local bytes = tonumber(redis.call('GET', photoBytes) or 0) + #photo
  if redis.call('HEXISTS', photos, sha256) == 1
    or bytes <= ${MAX_PHOTO_BYTES} and memoryInUse(#photo) < ${MEMORY_FOR_COMFORT} then
    held = sha256
  end
end
local answer = held == '' and 'without' or 'with'
local known = redis.call('HGET', index, id)
local before = known and redis.call('XRANGE', feedback, known, known)[1]
if before and before[2][4] == said and before[2][8] == held then return answer end
if memoryInUse(#said) > ${MEMORY_FOR_COMFORT} then return 'memory' end
if not before and (redis.call('XLEN', feedback) >= ${MAX_FEEDBACK}
  or (redis.call('MEMORY', 'USAGE', feedback, 'SAMPLES', 0) or 0) >= ${MAX_FEEDBACK_BYTES}) then
  return 'entries'
end
if before then forget(before) end
local entry = redis.call('XADD', feedback, '*', 'id', id, 'said', said, 'verdict', verdict, 'photo', held)
redis.call('HSET', index, id, entry)
redis.call('HINCRBY', counts, verdict, 1)
if held ~= '' and redis.call('HINCRBY', photoUses, held, 1) == 1 then
  redis.call('HSET', photos, held, photo)
  redis.call('INCRBY', photoBytes, #photo)
end
return answer`;

/** KEYS as those of SAY. ARGV IDs of entries. Gives how many of them were there. */
export const UNSAY = `#!lua flags=allow-oom
${FORGET}
local removed = 0
for _, id in ipairs(ARGV) do
  local entry = redis.call('XRANGE', feedback, id, id)[1]
  if entry then
    forget(entry)
    removed = removed + 1
  end
end
return removed`;
