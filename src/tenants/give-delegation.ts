import type { Deps } from '#src/deps.ts';
import { AppError } from '#src/errors.ts';
import { happened, type Actor } from '#src/events.ts';
import { newId, type DelegationId, type TenantId, type UserId } from '#src/ids.ts';
import { chosenId } from '#src/names.ts';
import { absent, put, unchanged } from '#src/storage/record-store.ts';

import { checkEnd, checkPermissions, mayGiveFor } from './check-delegation.ts';
import type { DelegablePermissions, Delegation } from './delegation.ts';
import { DELEGATION, delegationKey } from './delegation-records.ts';
import { isActive } from './member.ts';
import { memberKey } from './member-records.ts';

/** Bounds what the receiver's consent page and every look at shared access have to read. */
const MOST_FROM_ONE_GIVER = 100;

export interface DelegationInput {
  readonly tenant: TenantId;
  readonly giver: UserId;
  readonly receiver: UserId;
  readonly permissions: readonly string[];
  readonly endsAt: string | null;
  readonly id?: string;
}

/** Given to the membership, not to the person: if either leaves meanwhile, nothing is given. */
export async function giveDelegation(
  { store, clock, catalogue }: Deps & { catalogue: DelegablePermissions },
  input: DelegationInput,
  actor: Actor,
): Promise<Delegation> {
  const { tenant, giver, receiver } = input;
  if (!mayGiveFor(giver, actor)) throw new AppError('forbidden', { detail: 'Only the giver can delegate access to their own data.' });
  if (giver === receiver) {
    throw new AppError('invalid_request', { fields: [{ pointer: '/receiver', detail: 'Choose somebody else.' }] });
  }
  const permissions = checkPermissions(catalogue, input.permissions);
  const now = clock();
  const { endsAt, expiresAt } = checkEnd(input.endsAt, now);

  const [from, to] = await store.read(memberKey(tenant, giver), memberKey(tenant, receiver));
  const [person, pointer] = isActive(from?.value) ? (['receiver', '/receiver'] as const) : (['giver', '/giver'] as const);
  if (!from || !to || !isActive(from.value) || !isActive(to.value)) {
    throw new AppError('invalid_request', { fields: [{ pointer, detail: `The ${person} is not an active member of this tenant.` }] });
  }
  const given = await store.scan({
    shard: from.key.shard,
    kind: DELEGATION,
    index: 'giver',
    of: JSON.stringify([tenant, giver]),
    direction: 'descending',
    limit: MOST_FROM_ONE_GIVER,
  });
  if (given.records.filter(({ value }) => value.giverMembership === from.value.membership).length >= MOST_FROM_ONE_GIVER) {
    throw new AppError('conflict', { detail: `One person can give at most ${MOST_FROM_ONE_GIVER} delegations. End one first.` });
  }

  const id = input.id === undefined ? newId('delegation') : (chosenId(input.id) as DelegationId);
  const key = delegationKey(tenant, id);
  const delegation: Delegation = {
    id,
    tenant,
    giver,
    giverMembership: from.value.membership,
    receiver,
    receiverMembership: to.value.membership,
    permissions,
    createdAt: new Date(now).toISOString(),
    endsAt,
  };
  const result = await store.commit({
    shard: key.shard,
    expect: [absent(key), unchanged(from), unchanged(to)],
    write: [put(key, delegation, { tenant, expiresAt })],
    events: [happened({ type: 'delegation.given', tenant, delegation: id, giver, receiver, permissions }, { actor, now })],
  });
  if (!result.ok) throw new AppError('conflict');
  return delegation;
}
