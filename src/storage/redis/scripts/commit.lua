#!lua
--[[
Purpose: one change of one shard, all or nothing (laws 1, 2 and 5 of the record store).

Keys, all with the same hash tag:
  1  {s<shard>}:counter     gives versions and log positions; only ever rises
  2  {s<shard>}:log         stream of events, `<position>-0`
  3  {s<shard>}:index       sorted set, every score 0: the index entries of all records of the shard
  4  {s<shard>}:expiry      sorted set of the records that have index entries and an expiry, by expiry
  5… {s<shard>}<kind>:<id>  the records: first those of the expectations, then those of the writes
  …  {s<shard>}:trail:<of>  sorted sets of log positions: the trails of the first event, of the second, …

Arguments:
  now, number of expectations, number of writes, number of events
  each expectation: 'absent', 'present', 'unconsumed' or a version
  each write, one of
    'put', milliseconds to keep it ('' for ever), head, value     a record without index entries
    'list', number of entries, expiry, head, entries, value       a record with index entries
    'consume'
    'remove'
  each event, as JSON, and the number of its trails

A record is the text `<number of entries> <version> <consumedAt> <head><entries><value>`, where the head is
`<expiry> <schema> <tenant>`, the entries are each an index member after a byte 2, and the value, JSON after one more
byte 2, is never looked into. `-` stands for none.

Outcomes: {'ok', version} or {'failed', number of an expectation, …}; then nothing was changed.
]]
local KEYS, ARGV, call = KEYS, ARGV, redis.call
local byte, find, format, match, sub = string.byte, string.find, string.format, string.match, string.sub
local INDEX, EXPIRY, RECORDS, SEPARATOR = KEYS[3], KEYS[4], 4, '\2'
local now, expectations, writes, events = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])

-- Version and time of consumption of a record that is there and not expired, and where its head begins.
local function alive(text)
  if not text then return nil end
  local version, consumed, head, expires = match(text, '^%d+ (%d+) (%S+) ()(%S+)')
  if expires ~= '-' and tonumber(expires) <= now then return nil end
  return version, consumed, head
end

local function has_entries(text)
  return text and byte(text) ~= 48 -- '0'
end

local function unlist(key, text)
  local count, expires = match(text, '^(%d+) %d+ %S+ (%S+)')
  local members, from = {}, find(text, SEPARATOR, 1, true) + 1
  for i = 1, tonumber(count) do
    local stop = find(text, SEPARATOR, from, true)
    members[i] = sub(text, from, stop - 1)
    from = stop + 1
  end
  call('ZREM', INDEX, unpack(members))
  if expires ~= '-' then call('ZREM', EXPIRY, key) end
end

local function list(key, count, expires, entries, old)
  if has_entries(old) then
    local old_count, old_expires = match(old, '^(%d+) %d+ %S+ (%S+)')
    if old_count == count and find(old, entries .. SEPARATOR, 1, true) then
      if expires == old_expires then return end
      if expires == '-' then call('ZREM', EXPIRY, key) else call('ZADD', EXPIRY, expires, key) end
      return
    end
    unlist(key, old)
  end
  for member in string.gmatch(entries, '[^\2]+') do call('ZADD', INDEX, 0, member) end
  if expires ~= '-' then call('ZADD', EXPIRY, expires, key) end
end

local failed
for i = 1, expectations do
  local version, consumed = alive(call('GET', KEYS[RECORDS + i]))
  local expected, holds = ARGV[4 + i], version
  if expected == 'absent' then holds = not version
  elseif expected == 'unconsumed' then holds = consumed == '-'
  elseif expected ~= 'present' then holds = version == expected end
  if not holds then
    failed = failed or {'failed'}
    failed[#failed + 1] = i
  end
end
if failed then return failed end

-- A failover may lose the last changes that were not durable, and with them what the counter had reached. So that no
-- version or position that somebody saw is given again, the counter follows the clock, a thousand to a millisecond.
local counter = call('INCRBY', KEYS[1], 1 + events)
if counter < (now - 100) * 1000 then
  counter = now * 1000
  call('SET', KEYS[1], format('%d', counter))
end
local version = format('%d', counter - events)

local at, trail = 5 + expectations, RECORDS + expectations + writes + 1
for write = RECORDS + expectations + 1, trail - 1 do
  local key, what = KEYS[write], ARGV[at]
  if what == 'put' then
    local text, keep, old = '0 ' .. version .. ' - ' .. ARGV[at + 2] .. SEPARATOR .. ARGV[at + 3], ARGV[at + 1], nil
    if keep == '' then old = call('SET', key, text, 'GET') else old = call('SET', key, text, 'PX', keep, 'GET') end
    if has_entries(old) then unlist(key, old) end
    at = at + 4
  elseif what == 'list' then
    local count, expires, head, entries, value = ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], ARGV[at + 4], ARGV[at + 5]
    local text = count .. ' ' .. version .. ' - ' .. head .. entries .. SEPARATOR .. value
    list(key, count, expires, entries, call('SET', key, text, 'GET'))
    at = at + 6
  elseif what == 'consume' then
    local old = call('GET', key)
    local found, consumed, head = alive(old)
    if found and consumed == '-' then
      call('SET', key, match(old, '^%d+ ') .. version .. ' ' .. ARGV[1] .. ' ' .. sub(old, head), 'KEEPTTL')
    end
    at = at + 1
  else
    local old = call('GET', key)
    if old then
      call('DEL', key)
      if has_entries(old) then unlist(key, old) end
    end
    at = at + 1
  end
end

for i = 1, events do
  local position = format('%d', counter - events + i)
  call('XADD', KEYS[2], position .. '-0', 'event', ARGV[at])
  local next_event = trail + tonumber(ARGV[at + 1])
  while trail < next_event do
    call('ZADD', KEYS[trail], position, position)
    trail = trail + 1
  end
  at = at + 2
end

return {'ok', version}
