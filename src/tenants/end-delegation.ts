import type { Deps } from '#src/deps.ts';
import { happened, type Actor } from '#src/events.ts';
import type { DelegationId, TenantId } from '#src/ids.ts';
import { endRecord } from '#src/storage/revoke.ts';

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
  return endRecord(deps.store, delegationKey(tenant, id), undefined, async ({ value }) => {
    if (!(await mayEnd(deps, value, by, actor))) return undefined;
    const { giver, receiver } = value;
    return { events: [happened({ type: 'delegation.ended', tenant, delegation: id, giver, receiver, by }, { actor, now: deps.clock() })] };
  });
}

async function mayEnd(deps: Deps, delegation: Delegation, by: EndedBy, actor: Actor): Promise<boolean> {
  if (actor.kind === 'app') return false;
  if (actor.kind !== 'user') return true;
  if (by !== 'admin') return delegation[by] === actor.id;
  const capabilities = await capabilitiesOfMember(deps, await findMember(deps, delegation.tenant, actor.id));
  return capabilities.includes('members.manage');
}
