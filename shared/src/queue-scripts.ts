// The scripts (Lua) by which the job stream changes, each in one step with what changes with it:
// the count of bytes, the job's record, its reply. Nothing is left half done, whoever may die.
import { REMEMBER } from './predictions.ts';

/** A reply stream nobody reads any more goes away by itself. */
const REPLY_TTL_S = 60;
/** More replies than an API instance can have waiters. */
const REPLY_STREAM_LENGTH = 10_000;
/** Dead letters kept, in number and in bytes; the oldest go first. */
const DEAD_LETTERS = 1000;
const DEAD_LETTER_BYTES = 128 * 1024 * 1024;

const ADD = `
local function add(jobs, byteCount, record, header, image, sha256, ttl)
  local entry = redis.call('XADD', jobs, '*', 'header', header, 'image', image)
  -- An empty stream has no bytes, whatever was counted.
  if redis.call('XLEN', jobs) == 1 then redis.call('SET', byteCount, #image)
  else redis.call('INCRBY', byteCount, #image) end
  local queued = '{"status":"queued","entry":"' .. entry .. '","sha256":"' .. sha256 .. '"}'
  redis.call('SET', record, queued, 'EX', ttl)
end`;

// XACK alone would leave the entry, and its photo, in the stream for ever.
const REMOVE = `
local function remove(jobs, group, byteCount, entry, bytes)
  local acked = redis.call('XACK', jobs, group, entry)
  if redis.call('XDEL', jobs, entry) == 1 then
    if redis.call('XLEN', jobs) == 0 then redis.call('DEL', byteCount)
    else redis.call('DECRBY', byteCount, bytes) end
  end
  return acked
end`;

const BURY = `
local function bury(dead, letter, reason, failure, deliveries)
  redis.call('XADD', dead, 'MAXLEN', ${DEAD_LETTERS}, '*', 'reason', reason, 'error', failure,
    'deliveries', deliveries, unpack(letter[2]))
  while redis.call('XLEN', dead) > 1
    and redis.call('MEMORY', 'USAGE', dead, 'SAMPLES', 0) > ${DEAD_LETTER_BYTES} do
    redis.call('XTRIM', dead, 'MAXLEN', redis.call('XLEN', dead) - 1)
  end
end`;

/** False where the record says how the job ended. */
const IS_OPEN = `
local function isOpen(record)
  return not record or string.find(record, '{"status":"queued"', 1, true) == 1
end`;

/** Share of its memory that Redis uses when `more` bytes have come; 0 where it has no limit. */
export const MEMORY_IN_USE = `
local function memoryInUse(more)
  local info = redis.call('INFO', 'memory')
  local max = tonumber(string.match(info, 'maxmemory:(%d+)'))
  return max > 0 and (tonumber(string.match(info, 'used_memory:(%d+)')) + more) / max or 0
end`;

/** Above it nothing is kept but jobs and what becomes of them. */
export const MEMORY_FOR_COMFORT = 0.8;
/** Above it no job is taken: the workers' replies and heartbeats need room too. */
const MEMORY_FOR_JOBS = 0.9;

const ROOM = `
${MEMORY_IN_USE}
local function fullness(jobs, byteCount, size, maxJobs, maxBytes)
  local backlog = redis.call('XLEN', jobs)
  local bytes = backlog > 0 and tonumber(redis.call('GET', byteCount) or 0) or 0
  local what
  if backlog >= tonumber(maxJobs) then what = 'jobs'
  elseif bytes + size > tonumber(maxBytes) then what = 'bytes'
  elseif memoryInUse(size) > ${MEMORY_FOR_JOBS} then what = 'memory' end
  return what and {'full', backlog, bytes, what}
end`;

/** KEYS jobs, byte count. ARGV the photo's bytes, most jobs, most bytes. */
export const HAS_ROOM = `#!lua flags=no-writes
${ROOM}
return fullness(KEYS[1], KEYS[2], tonumber(ARGV[1]), ARGV[2], ARGV[3]) or {'room'}`;

/**
 * KEYS jobs, byte count, record. ARGV header, image, most jobs, most bytes, SHA-256, record's TTL.
 * Looks after Redis's memory itself (allow-oom), to say what is full.
 */
export const PUBLISH = `#!lua flags=allow-oom
${ROOM}
${ADD}
local jobs, byteCount, record = unpack(KEYS)
local header, image, maxJobs, maxBytes, sha256, ttl = unpack(ARGV)
local known = redis.call('GET', record)
if known then return {'known', known} end
local full = fullness(jobs, byteCount, #image, maxJobs, maxBytes)
if full then return full end
add(jobs, byteCount, record, header, image, sha256, ttl)
return {'queued'}`;

/**
 * KEYS jobs. ARGV group, consumer, least idle ms. Gives ID, fields and deliveries of one entry.
 * XAUTOCLAIM also clears the pending list of entries that are no more.
 */
export const CLAIM = `#!lua
local jobs, group, consumer, idle = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
local cursor = '0-0'
repeat
  local claimed = redis.call('XAUTOCLAIM', jobs, group, consumer, idle, cursor, 'COUNT', 1)
  cursor = claimed[1]
  local entry = claimed[2][1]
  if entry then
    local pending = redis.call('XPENDING', jobs, group, entry[1], entry[1], 1)
    return {entry[1], entry[2], pending[1][4]}
  end
until cursor == '0-0'
return false`;

/**
 * KEYS jobs. ARGV group, consumer, ms, IDs. Sets how long entries count as idle, where they are
 * still the consumer's own: XCLAIM alone would take them back from who has claimed them meanwhile.
 * Gives the IDs of those that are not.
 */
export const SET_IDLE = `#!lua
local jobs, group, consumer, idle = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
local lost = {}
for i = 4, #ARGV do
  if #redis.call('XPENDING', jobs, group, ARGV[i], ARGV[i], 1, consumer) == 0 then
    lost[#lost + 1] = ARGV[i]
  else
    redis.call('XCLAIM', jobs, group, consumer, 0, ARGV[i], 'IDLE', idle, 'JUSTID')
  end
end
return lost`;

/**
 * KEYS jobs, byte count, record, dead letters, cache entry, predictions, their IDs, and the reply
 * stream if there is one. ARGV group, entry, the photo's bytes, reply, record's TTL, cache value and
 * TTL (or empty), reason of death (or empty), error, deliveries, job, prediction (or empty).
 * Gives 0, and does nothing, when another worker has answered the job before.
 * A full Redis takes it all the same (allow-oom): what goes is larger than what comes.
 */
export const FINISH = `#!lua flags=allow-oom
${REMOVE}
${BURY}
${IS_OPEN}
${MEMORY_IN_USE}
${REMEMBER}
local jobs, byteCount, record, dead, cache, predictions, ids, replyTo = unpack(KEYS)
local group, entry, bytes, reply, ttl, cached, cacheTtl, reason, failure, deliveries, job, prediction = unpack(ARGV)
local letter = reason ~= '' and redis.call('XRANGE', jobs, entry, entry)[1]
if remove(jobs, group, byteCount, entry, bytes) == 0 then
  -- Or Redis came back without it: then the answer is still wanted.
  if not isOpen(redis.call('GET', record)) then return 0 end
end
if letter then bury(dead, letter, reason, failure, deliveries) end
redis.call('SET', record, reply, 'EX', ttl)
if replyTo then
  redis.call('XADD', replyTo, 'MAXLEN', '~', ${REPLY_STREAM_LENGTH}, '*', 'reply', reply)
  redis.call('EXPIRE', replyTo, ${REPLY_TTL_S})
end
if cached ~= '' and memoryInUse(#cached) < ${MEMORY_FOR_COMFORT} then
  redis.call('SET', cache, cached, 'EX', cacheTtl)
end
if prediction ~= '' then remember(predictions, ids, job, prediction) end
return 1`;

/**
 * KEYS jobs, byte count, dead letters, record. ARGV group, entry, error, deliveries, record's value
 * and TTL. For an entry that is no job; its record is only one where a job of that ID was published.
 */
export const BURY_UNREADABLE = `#!lua flags=allow-oom
${REMOVE}
${BURY}
${IS_OPEN}
local jobs, byteCount, dead, record = unpack(KEYS)
local group, entry, failure, deliveries, value, ttl = unpack(ARGV)
local letter = redis.call('XRANGE', jobs, entry, entry)[1]
local bytes = 0
if letter then
  for i = 1, #letter[2], 2 do if letter[2][i] == 'image' then bytes = #letter[2][i + 1] end end
  bury(dead, letter, 'unreadable', failure, deliveries)
end
remove(jobs, group, byteCount, entry, bytes)
local open = redis.call('GET', record)
if open and isOpen(open) then redis.call('SET', record, value, 'EX', ttl) end`;

/** KEYS jobs, byte count, record. ARGV group, entry, the photo's bytes. */
export const DROP = `#!lua flags=allow-oom
${REMOVE}
${IS_OPEN}
remove(KEYS[1], ARGV[1], KEYS[2], ARGV[2], ARGV[3])
if isOpen(redis.call('GET', KEYS[3])) then redis.call('DEL', KEYS[3]) end`;

/**
 * KEYS jobs. ARGV group, entry. Tells where an entry is without sending its photo. There is no
 * group before a worker comes.
 */
export const PROGRESS = `#!lua flags=no-writes
local pending = redis.pcall('XPENDING', KEYS[1], ARGV[1], ARGV[2], ARGV[2], 1)
if not pending.err and #pending > 0 then return 'processing' end
return #redis.call('XRANGE', KEYS[1], ARGV[2], ARGV[2]) > 0 and 'queued' or 'gone'`;

/**
 * KEYS jobs, byte count, record, dead letters, withdrawn. ARGV letter, header, SHA-256, record's
 * TTL. Makes a job of a dead letter: its count of deliveries starts anew, and whoever withdrew it
 * no longer counts. Gives 0 when there is no such letter.
 */
export const REPLAY = `#!lua
${ADD}
local jobs, byteCount, record, dead, withdrawn = unpack(KEYS)
local letter, header, sha256, ttl = unpack(ARGV)
local found = redis.call('XRANGE', dead, letter, letter)[1]
if not found then return 0 end
local fields = {}
for i = 1, #found[2], 2 do fields[found[2][i]] = found[2][i + 1] end
add(jobs, byteCount, record, header, fields.image, sha256, ttl)
redis.call('DEL', withdrawn)
redis.call('XDEL', dead, letter)
return 1`;

/**
 * KEYS dead letters. ARGV first ID, last ID, most letters. Gives IDs and fields with the photo's
 * number of bytes in the place of the photo: all photos together may be too many to send.
 */
export const LETTERS = `#!lua flags=no-writes
local letters = redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[2], 'COUNT', ARGV[3])
for _, letter in ipairs(letters) do
  local fields = letter[2]
  for i = 1, #fields, 2 do
    if fields[i] == 'image' then fields[i + 1] = #fields[i + 1] end
  end
end
return letters`;
