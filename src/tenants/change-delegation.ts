import type { Deps } from '#src/deps.ts';
import { AppError } from '#src/errors.ts';
import { happened, type Actor } from '#src/events.ts';
import type { DelegationId, TenantId } from '#src/ids.ts';
import { present } from '#src/storage/record-store.ts';
import { changeStanding } from '#src/storage/revoke.ts';

import { checkEnd, checkPermissions, mayGiveFor } from './check-delegation.ts';
import { inSameStay, type DelegablePermissions, type Delegation } from './delegation.ts';
import { delegationKey } from './delegation-records.ts';
import { memberKey } from './member-records.ts';

/** Narrows or widens it, as the giver wants. For anybody else it is as if it were not there. */
export async function changeDelegation(
  { store, clock, catalogue }: Deps & { catalogue: DelegablePermissions },
  { tenant, id, ifVersion, ...changes }: {
    tenant: TenantId;
    id: DelegationId;
    permissions?: readonly string[];
    endsAt?: string | null;
    ifVersion?: number;
  },
  actor: Actor,
): Promise<Delegation> {
  const wanted = changes.permissions && checkPermissions(catalogue, changes.permissions);
  return changeStanding(store, delegationKey(tenant, id), ifVersion, async ({ value: delegation, expiresAt: before }) => {
    const { giver, receiver } = delegation;
    const people = [memberKey(tenant, giver), memberKey(tenant, receiver)] as const;
    const [from, to] = await store.read(...people);
    if (!mayGiveFor(giver, actor) || !inSameStay(delegation, from?.value, to?.value)) throw new AppError('not_found');
    const now = clock();
    const permissions = wanted ?? delegation.permissions;
    const { endsAt, expiresAt } =
      changes.endsAt === undefined ? { endsAt: delegation.endsAt, expiresAt: before } : checkEnd(changes.endsAt, now);
    return {
      value: { ...delegation, permissions, endsAt },
      expiresAt,
      expect: people.map(present),
      events: [happened({ type: 'delegation.changed', tenant, delegation: id, giver, receiver, permissions }, { actor, now })],
    };
  });
}
