import type { Deps } from '#src/deps.ts';
import { put, remove, unchanged, type Shard, type StoredRecord } from '#src/storage/record-store.ts';

import { isSameNode, nodeRefOf } from './resource.ts';
import { childrenQuery, LEFTOVER, leftoverKey, rightsOnQuery, type Leftover } from './resource-records.ts';

const AT_ONCE = 100;
const MOST_IN_A_TICK = 20;

/**
 * Removes what is left below deleted nodes, and the rights on them: a bounded part of it each time. Nobody can reach any of
 * it, so nothing happens that anybody could see, and two servers that do it at once do no harm.
 */
export async function sweepResources(deps: Deps, shard: Shard): Promise<number> {
  let removed = 0;
  for (let round = 0; round < MOST_IN_A_TICK; round += 1) {
    const { records } = await deps.store.scan({ shard, kind: LEFTOVER, index: 'all', of: '', limit: 1 });
    const [leftover] = records;
    if (!leftover) break;
    removed += await sweep(deps, leftover);
  }
  return removed;
}

async function sweep({ store }: Deps, leftover: StoredRecord<Leftover>): Promise<number> {
  const { tenant, node } = leftover.value;
  const { shard } = leftover.key;
  const below = await all((page) => store.scan(childrenQuery(tenant, node, page)), ({ parent }) => parent !== null && isSameNode(parent, node));
  if (below.length > 0) {
    const next = below.map(({ value }) => ({ tenant, node: nodeRefOf(value) }));
    const write = [...below.map(({ key }) => remove(key)), ...next.map((each) => put(leftoverKey(each), each, { tenant }))];
    return (await store.commit({ shard, expect: below.map(unchanged), write })).ok ? below.length : 0;
  }
  const rights = await all((page) => store.scan(rightsOnQuery(tenant, node, page)), (right) => isSameNode(right.node, node));
  const over = rights.length < AT_ONCE ? [remove(leftover.key)] : [];
  return (await store.commit({ shard, expect: rights.map(unchanged), write: [...rights.map(({ key }) => remove(key)), ...over] })).ok ? rights.length : 0;
}

type Scan<T> = (page: { after?: string | undefined; limit: number }) => Promise<{ records: readonly StoredRecord<T>[]; next: string | undefined }>;

/** The first of those that are meant; others are of a later node with the same name. */
async function all<T>(scan: Scan<T>, isMeant: (value: T) => boolean): Promise<StoredRecord<T>[]> {
  const found: StoredRecord<T>[] = [];
  let after: string | undefined;
  do {
    const page = await scan({ after, limit: AT_ONCE });
    found.push(...page.records.filter(({ value }) => isMeant(value)));
    after = page.next;
  } while (after !== undefined && found.length < AT_ONCE);
  return found.slice(0, AT_ONCE);
}
