#!lua
--[[
Purpose: one change of one shard, all or nothing (laws 1, 2 and 5 of the record store).

Keys, all with the same hash tag:
  1  {s<shard>}:counter   gives versions and log positions; only ever rises
  2  {s<shard>}:log       stream of events, `<position>-0`
  3  {s<shard>}:index     sorted set, every score 0: the index entries of all records of the shard
  4  {s<shard>}:expiry    sorted set of the records that have index entries and an expiry, by expiry
  5… {s<shard>}<kind>:<id>  the records: first those of the expectations, then those of the writes

Arguments:
  now, number of expectations, number of writes, number of events
  each expectation: 'absent', 'present', 'unconsumed' or a version
  each write, three: 'put', milliseconds to keep it ('' for ever), the record without its version and time of consumption
                     'consume' or 'remove', '', ''
  each event, as JSON

A record is `<version> <consumedAt> <expiresAt> <schema> <number of entries> <tenant>`, then each index entry and the
value as JSON, each after a byte 2; `-` stands for none. The value is never looked into.

Outcomes: {'ok', version} or {'failed', number of an expectation, …}; then nothing was changed.
]]
local COUNTER, LOG, INDEX, EXPIRY, RECORDS = KEYS[1], KEYS[2], KEYS[3], KEYS[4], 4
local now, expectations, writes, events = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local HEADER = '^(%d+) (%S+) (%S+) %d+ (%d+) [^\2]*\2'

-- version and time of consumption of a record that is there and not expired, and where what follows them begins.
local function alive(text)
  if not text then return nil end
  local version, consumed, rest, expires = string.match(text, '^(%d+) (%S+) ()(%S+)')
  if expires ~= '-' and tonumber(expires) <= now then return nil end
  return version, consumed, rest
end

-- The index entries of a record, as one text and as a list, and its expiry.
local function entries(text)
  local _, last, _, _, expires, count = string.find(text, HEADER)
  if count == '0' then return '', {}, expires end
  local list, from, stop = {}, last + 1, last
  for i = 1, tonumber(count) do
    from = stop + 1
    stop = string.find(text, '\2', from, true)
    list[i] = string.sub(text, from, stop - 1)
  end
  return string.sub(text, last + 1, stop), list, expires
end

local function unlist(key, list, expires)
  if #list == 0 then return end
  redis.call('ZREM', INDEX, unpack(list))
  if expires ~= '-' then redis.call('ZREM', EXPIRY, key) end
end

local function list_again(key, new, old)
  local text, list, expires = entries(new)
  local old_text, old_list, old_expires = '', {}, '-'
  if old then old_text, old_list, old_expires = entries(old) end
  if text == old_text then
    if #list == 0 or expires == old_expires then return end
  end
  unlist(key, old_list, old_expires)
  for i = 1, #list do redis.call('ZADD', INDEX, 0, list[i]) end
  if #list > 0 and expires ~= '-' then redis.call('ZADD', EXPIRY, expires, key) end
end

local failed = {'failed'}
for i = 1, expectations do
  local version, consumed = alive(redis.call('GET', KEYS[RECORDS + i]))
  local expected, holds = ARGV[4 + i], nil
  if expected == 'absent' then holds = not version
  elseif expected == 'present' then holds = version
  elseif expected == 'unconsumed' then holds = consumed == '-'
  else holds = version == expected end
  if not holds then failed[#failed + 1] = i end
end
if #failed > 1 then return failed end

local counter = redis.call('INCRBY', COUNTER, 1 + events)
local version = string.format('%.0f', counter - events)

local argument = 4 + expectations
for i = 1, writes do
  local key, what, keep, body = KEYS[RECORDS + expectations + i], ARGV[argument + 1], ARGV[argument + 2], ARGV[argument + 3]
  argument = argument + 3
  if what == 'put' then
    local text, old = version .. ' - ' .. body, nil
    if keep == '' then old = redis.call('SET', key, text, 'GET')
    else old = redis.call('SET', key, text, 'PX', keep, 'GET') end
    list_again(key, text, old)
  else
    local old = redis.call('GET', key)
    if old and what == 'remove' then
      local _, list, expires = entries(old)
      redis.call('DEL', key)
      unlist(key, list, expires)
    elseif what == 'consume' then
      local found, consumed, rest = alive(old)
      if found and consumed == '-' then
        redis.call('SET', key, version .. ' ' .. ARGV[1] .. ' ' .. string.sub(old, rest), 'KEEPTTL')
      end
    end
  end
end

for i = 1, events do
  redis.call('XADD', LOG, string.format('%.0f-0', counter - events + i), 'event', ARGV[argument + i])
end

return {'ok', version}
