#!lua
--[[
Purpose: drop some expired records that have index entries, with these (the engine drops the others by itself).

Keys, all with the same hash tag:
  1  {s<shard>}:index       see commit.lua
  2  {s<shard>}:expiry      see commit.lua
  3… {s<shard>}<kind>:<id>  records that stood in the second key with an expiry that is over

Arguments: the time up to which an expiry is over.

Outcomes: {'ok', number of records dropped}. A record that was put again meanwhile stays.
]]
local INDEX, EXPIRY = KEYS[1], KEYS[2]
local over = tonumber(ARGV[1])
local dropped = 0

for i = 3, #KEYS do
  local key = KEYS[i]
  local text = redis.call('GET', key)
  local count, expires = string.match(text or '', '^(%d+) %d+ %S+ (%S+)')
  if not text or count == '0' or expires == '-' then
    redis.call('ZREM', EXPIRY, key)
  elseif tonumber(expires) <= over then
    local from = string.find(text, '\2', 1, true) + 1
    for _ = 1, tonumber(count) do
      local stop = string.find(text, '\2', from, true)
      redis.call('ZREM', INDEX, string.sub(text, from, stop - 1))
      from = stop + 1
    end
    redis.call('DEL', key)
    redis.call('ZREM', EXPIRY, key)
    dropped = dropped + 1
  else
    redis.call('ZADD', EXPIRY, expires, key)
  end
end

return {'ok', dropped}
