import type { Clock } from '#src/clock.ts';

import type { IndexQuery, Page, StoredRecord } from '../record-store.ts';
import { encodePosition } from '../scan-position.ts';
import { indexKey, memberPosition, memberRange, recordKey } from './keys.ts';
import type { Lane } from './lane.ts';
import { decodeRecord, isListed } from './record-text.ts';

/** A page is given out shorter when so many reads found mostly entries whose records have expired. */
const MOST_ROUNDS = 20;

/** Reads entries, then their records, until the page is full and one more record proves that there is a next page. */
export async function scanIndex<T>({ lane, clock }: { lane: Lane; clock: Clock }, query: IndexQuery<T>): Promise<Page<T>> {
  const { shard, kind, limit } = query;
  const { partition, ...range } = memberRange(query);
  let { least, greatest } = range;
  const descending = query.direction === 'descending';
  const cursor = (member: string | undefined): string => encodePosition(memberPosition(member!, partition));
  const records: StoredRecord<T>[] = [];
  let last: string | undefined;
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const asked = limit + 1 - records.length;
    const bounds = descending ? [greatest, least, 'BYLEX', 'REV'] : [least, greatest, 'BYLEX'];
    const members = (await lane.call(shard, ['zrange', indexKey(shard), ...bounds, 'LIMIT', 0, asked])) as string[];
    if (members.length === 0) return { records, next: undefined };
    const keys = members.map((member) => ({ shard, kind, id: memberPosition(member, partition).id }));
    const texts = (await lane.call(shard, ['mget', ...keys.map(recordKey)])) as (string | null)[];
    const now = clock();
    for (const [place, member] of members.entries()) {
      // Between the two reads a record may have gone, or moved to another place in the index.
      const record = isListed(texts[place]!, member) ? decodeRecord(keys[place]!, texts[place]!, now) : undefined;
      if (record !== undefined) {
        if (records.length === limit) return { records, next: cursor(last) };
        records.push(record);
      }
      last = member;
    }
    if (members.length < asked) return { records, next: undefined };
    if (descending) greatest = `(${last}`;
    else least = `(${last}`;
  }
  return { records, next: cursor(last) };
}
