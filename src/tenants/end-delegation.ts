import type { Deps } from '#src/deps.ts';
import { happened, type Actor } from '#src/events.ts';
import type { DelegationId, TenantId } from '#src/ids.ts';
import { confirmGone } from '#src/storage/change-record.ts';
import { present, remove } from '#src/storage/record-store.ts';

import { capabilitiesOfMember } from './capabilities.ts';
import type { Delegation } from './delegation.ts';
import { delegationKey } from './delegation-records.ts';
import { findMember } from './member-store.ts';

export type EndedBy = 'giver' | 'receiver' | 'admin';

/**
 * Idempotent, in any order by anybody who may (xS4): `true` when this call ended it. `false` says the same for one
 * that has ended, one that never was, and one that is not this person's to end.
 */
export async function endDelegation(
  deps: Deps,
  tenant: TenantId,
  id: DelegationId,
  by: EndedBy,
  actor: Actor,
): Promise<boolean> {
  const key = delegationKey(tenant, id);
  for (;;) {
    const [record] = await deps.store.read(key);
    if (!record && (await confirmGone(deps.store, key))) return false;
    if (!record) continue;
    if (!(await mayEnd(deps, record.value, by, actor))) return false;
    const { giver, receiver } = record.value;
    const result = await deps.store.commit({
      shard: key.shard,
      expect: [present(key)],
      write: [remove(key)],
      events: [happened({ type: 'delegation.ended', tenant, delegation: id, giver, receiver, by }, { actor, now: deps.clock() })],
      durable: true,
    });
    if (result.ok) return true;
  }
}

async function mayEnd(deps: Deps, delegation: Delegation, by: EndedBy, actor: Actor): Promise<boolean> {
  if (actor.kind === 'app') return false;
  if (actor.kind !== 'user') return true;
  if (by !== 'admin') return delegation[by] === actor.id;
  const capabilities = await capabilitiesOfMember(deps, await findMember(deps, delegation.tenant, actor.id));
  return capabilities.includes('members.manage');
}
