import { AppError } from '#src/errors.ts';

import type { IndexQuery, Page, RecordStore, Shard, StoredRecord } from './record-store.ts';
import { allShards, SHARDS, shardFromText, shardToText } from './shards.ts';

/**
 * At most so many shards are asked at the same time. One at first, then twice as many each time: where there is much in
 * each shard, the first fills the page; where there is little, they are soon asked in numbers.
 */
const ABREAST = 32;

/** Does something in each shard, some at the same time. Ends at the first that fails. */
export async function inEveryShard(run: (shard: Shard) => Promise<unknown>): Promise<void> {
  for (let first = 0; first < SHARDS; first += ABREAST) {
    await Promise.all(allShards().slice(first, first + ABREAST).map(run));
  }
}

export type ShardsQuery<T> = Pick<IndexQuery<T>, 'kind' | 'index' | 'of' | 'after' | 'limit'>;

const positionOf = (after: string | undefined): { shard: number; after: string | undefined } => {
  if (after === undefined) return { shard: 0, after: undefined };
  const shard = shardFromText(after.slice(0, 2));
  if (shard === undefined) throw new AppError('invalid_cursor');
  return { shard, after: after.slice(2) || undefined };
};

/**
 * A page over all shards, shard by shard, of what `pageIn` finds in each. The cursor says the shard and the place in it,
 * so the last page costs no more than the first. A page can be shorter than `limit` though there is more: it ends
 * before a shard that would not fit as a whole, and with one that has more.
 */
export async function pageOverShards<T>(
  { after, limit }: { readonly after?: string | undefined; readonly limit: number },
  pageIn: (shard: Shard, after: string | undefined) => Promise<Page<T>>,
): Promise<Page<T>> {
  const start = positionOf(after);
  const records: StoredRecord<T>[] = [];
  for (let first = start.shard, abreast = 1; first < SHARDS; first += abreast, abreast = Math.min(ABREAST, abreast * 2)) {
    const shards = Array.from({ length: Math.min(abreast, SHARDS - first) }, (_, offset) => (first + offset) as Shard);
    const pages = await Promise.all(shards.map((shard) => pageIn(shard, shard === start.shard ? start.after : undefined)));
    for (const [offset, page] of pages.entries()) {
      const here = shardToText(shards[offset]!);
      if (records.length + page.records.length > limit) return { records, next: here };
      records.push(...page.records);
      if (page.next !== undefined) return { records, next: here + page.next };
    }
  }
  return { records, next: undefined };
}

/** A page of an index over all shards. */
export const scanShards = <T>(store: RecordStore, { after, limit, ...query }: ShardsQuery<T>): Promise<Page<T>> =>
  pageOverShards({ after, limit }, (shard, from) => store.scan({ ...query, limit, shard, ...(from !== undefined && { after: from }) }));
