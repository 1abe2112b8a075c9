import { GARBAGE_SLACK_MS } from '../garbage.ts';
import type { PreparedChange } from '../prepared-change.ts';
import { counterKey, expiryKey, indexKey, logKey, recordKey, trailKey } from './keys.ts';
import type { Argument } from './lane.ts';
import { encodeEntries, encodeHead } from './record-text.ts';

/** What scripts/commit.lua is given: the number of keys, then keys and values in one list. */
export function commitArguments({ change: { shard, expect = [] }, writes, events }: PreparedChange, now: number): { keys: number; args: Argument[] } {
  const args: Argument[] = [counterKey(shard), logKey(shard), indexKey(shard), expiryKey(shard)];
  for (const { key } of expect) args.push(recordKey(key));
  for (const { key } of writes) args.push(recordKey(key));
  for (const { trails } of events) for (const trail of trails) args.push(trailKey(shard, trail));
  const keys = args.length;
  args.push(now, expect.length, writes.length, events.length);
  for (const expectation of expect) args.push(expectation.is === 'at' ? expectation.version : expectation.is);
  for (const write of writes) {
    if (write.do !== 'put') {
      args.push(write.do);
    } else if (write.entries.length === 0) {
      args.push('put', write.expiresAt === null ? '' : write.expiresAt - now + GARBAGE_SLACK_MS, encodeHead(write), write.json);
    } else {
      // These stay until they are swept with their index entries; the engine drops the others by itself.
      args.push('list', write.entries.length, write.expiresAt ?? '-', encodeHead(write), encodeEntries(write), write.json);
    }
  }
  for (const { json, trails } of events) args.push(json, trails.length);
  return { keys, args };
}
