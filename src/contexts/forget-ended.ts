import type { Deps } from '#src/deps.ts';
import { remove, unchanged, type Shard } from '#src/storage/record-store.ts';

import { CONTEXT } from './context-records.ts';
import { contextMembers } from './context-store.ts';

const KEPT_MS = 30 * 86_400_000;
const AT_ONCE = 100;
const MOST_IN_A_TICK = 20;

/**
 * Contexts that ended a month ago, and who was in them. A bounded part of it each time; first the people, then the context.
 * What happened stands in the trail of the tenant.
 */
export async function forgetEnded(deps: Deps, shard: Shard): Promise<void> {
  for (let round = 0; round < MOST_IN_A_TICK; round += 1) {
    const { records } = await deps.store.scan({ shard, kind: CONTEXT, index: 'ended', of: '', limit: 1 });
    const [oldest] = records;
    if (!oldest || Date.parse(oldest.value.endedAt ?? '') > deps.clock() - KEPT_MS) return;
    const { records: people } = await contextMembers(deps, oldest.value.tenant, oldest.value.id, { limit: AT_ONCE });
    const over = people.length < AT_ONCE ? [remove(oldest.key)] : [];
    // Nobody joins what is over, so nothing is left behind.
    await deps.store.commit({ shard, expect: [unchanged(oldest)], write: [...people.map(({ key }) => remove(key)), ...over] });
  }
}
