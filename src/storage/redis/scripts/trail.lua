#!lua
--[[
Purpose: the newest entries of one trail, in one round trip.

Keys, both with the same hash tag:
  1  {s<shard>}:trail:<of>  see commit.lua
  2  {s<shard>}:log         see commit.lua

Arguments: the position before which they stand ('+inf' for the newest), how many at most.

Outcomes: {id in the log, {'event', JSON}} of each, newest first.
]]
local entries = {}
for _, position in ipairs(redis.call('ZRANGE', KEYS[1], '(' .. ARGV[1], '-inf', 'BYSCORE', 'REV', 'LIMIT', 0, ARGV[2])) do
  local found = redis.call('XRANGE', KEYS[2], position, position)
  entries[#entries + 1] = found[1]
end
return entries
