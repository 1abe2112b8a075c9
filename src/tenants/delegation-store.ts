import type { Deps } from '#src/deps.ts';
import type { DelegationId, TenantId, UserId } from '#src/ids.ts';
import type { Page, StoredRecord } from '#src/storage/record-store.ts';
import { shardOf } from '#src/storage/shards.ts';

import { inSameStay, isLive, type Delegation } from './delegation.ts';
import { DELEGATION, delegationKey } from './delegation-records.ts';
import type { Member } from './member.ts';
import { memberKey } from './member-records.ts';
import { userKey } from './user-records.ts';

export { changeDelegation } from './change-delegation.ts';
export { endDelegation } from './end-delegation.ts';
export { giveDelegation } from './give-delegation.ts';

type Side = 'giver' | 'receiver';
type DelegationPage = { after?: string; limit: number };

/** Keeps those for whose giver and receiver `test` holds, all members read at once from the tenant's shard. */
async function filtered(
  { store }: Deps,
  tenant: TenantId,
  records: readonly StoredRecord<Delegation>[],
  test: (delegation: Delegation, giver: Member | undefined, receiver: Member | undefined) => boolean,
): Promise<StoredRecord<Delegation>[]> {
  const people = [...new Set(records.flatMap(({ value }) => [value.giver, value.receiver]))];
  const members = await store.read(...people.map((user) => memberKey(tenant, user)));
  const memberOf = new Map(people.map((user, place) => [user, members[place]?.value]));
  return records.filter(({ value }) => test(value, memberOf.get(value.giver), memberOf.get(value.receiver)));
}

const scan = ({ store }: Deps, side: Side, tenant: TenantId, user: UserId, page: DelegationPage): Promise<Page<Delegation>> =>
  store.scan({ shard: shardOf(tenant), kind: DELEGATION, index: side, of: JSON.stringify([tenant, user]), ...page });

/** One that still runs: both people are in the stay in which it was given. */
export async function readDelegation(deps: Deps, tenant: TenantId, id: DelegationId): Promise<StoredRecord<Delegation> | undefined> {
  const [record] = await deps.store.read(delegationKey(tenant, id));
  return record && (await filtered(deps, tenant, [record], inSameStay))[0];
}

/**
 * What others let this member do right now (Z3): neither ended nor expired, giver and receiver active members in the
 * stay in which it was given, and the giver's account not disabled (xS1). Never cached.
 */
export async function liveDelegationsTo(deps: Deps, tenant: TenantId, receiver: UserId): Promise<Delegation[]> {
  const live: Delegation[] = [];
  let after: string | undefined;
  do {
    const page = await scan(deps, 'receiver', tenant, receiver, { after, limit: 200 });
    live.push(...(await filtered(deps, tenant, page.records, isLive)).map(({ value }) => value));
    after = page.next;
  } while (after !== undefined);
  return givenByActiveUsers(deps, live);
}

/** A person's account is in a shard of its own, so it is read apart from their membership. */
async function givenByActiveUsers({ store }: Deps, delegations: readonly Delegation[]): Promise<Delegation[]> {
  const givers = [...new Set(delegations.map(({ giver }) => giver))];
  const users = await store.read(...givers.map(userKey));
  const active = new Set(givers.filter((_, place) => users[place]?.value.status === 'active'));
  return delegations.filter(({ giver }) => active.has(giver));
}

/** Lists also show those that rest because somebody is inactive. A page can be shorter than `limit`. */
async function list(deps: Deps, side: Side, tenant: TenantId, user: UserId, page: DelegationPage): Promise<Page<Delegation>> {
  const { records, next } = await scan(deps, side, tenant, user, page);
  return { records: await filtered(deps, tenant, records, inSameStay), next };
}

export const delegationsTo = (deps: Deps, tenant: TenantId, receiver: UserId, page: DelegationPage): Promise<Page<Delegation>> =>
  list(deps, 'receiver', tenant, receiver, page);

export const delegationsFrom = (deps: Deps, tenant: TenantId, giver: UserId, page: DelegationPage): Promise<Page<Delegation>> =>
  list(deps, 'giver', tenant, giver, page);
