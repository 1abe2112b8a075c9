#!lua
--[[
Purpose: drop some expired records that have index entries, with these (the engine drops the others by itself).

Keys, all with the same hash tag:
  1  {s<shard>}:index    see commit.lua
  2  {s<shard>}:expiry   see commit.lua
  3… {s<shard>}<kind>:<id>  records that stood in the second key with an expiry that is over

Arguments: the time up to which an expiry is over.

Outcomes: {'ok', number of records dropped}. A record that was put again meanwhile stays.
]]
local INDEX, EXPIRY = KEYS[1], KEYS[2]
local over = tonumber(ARGV[1])
local dropped = 0

for i = 3, #KEYS do
  local text = redis.call('GET', KEYS[i])
  if text then
    local _, last, expires, count = string.find(text, '^%d+ %S+ (%S+) %d+ (%d+) [^\2]*\2')
    if expires ~= '-' and tonumber(expires) <= over then
      local stop = last
      for _ = 1, tonumber(count) do
        local from = stop + 1
        stop = string.find(text, '\2', from, true)
        redis.call('ZREM', INDEX, string.sub(text, from, stop - 1))
      end
      redis.call('DEL', KEYS[i])
      redis.call('ZREM', EXPIRY, KEYS[i])
      dropped = dropped + 1
    end
  else
    redis.call('ZREM', EXPIRY, KEYS[i])
  end
end

return {'ok', dropped}
