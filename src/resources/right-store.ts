import type { Deps } from '#src/deps.ts';
import { AppError } from '#src/errors.ts';
import { happened, type Actor } from '#src/events.ts';
import type { TenantId, UserId } from '#src/ids.ts';
import { commitAnew } from '#src/storage/change-record.ts';
import { asRead, put, unchanged, type Page, type StoredRecord } from '#src/storage/record-store.ts';
import { endRecord } from '#src/storage/revoke.ts';
import { shardOf } from '#src/storage/shards.ts';
import { isActive } from '#src/tenants/member.ts';
import { memberKey } from '#src/tenants/member-store.ts';

import { readChains } from './read-chains.ts';
import { isSameNode, nodeRefOf, type ResourceRef, type ResourceRight, type Right } from './resource.ts';
import { rightKey, rightsOfQuery, rightsOnQuery } from './resource-records.ts';
import { knownResource } from './resource-store.ts';

type List = { readonly after?: string | undefined; readonly limit: number };

export interface RightInput {
  readonly user: UserId;
  readonly right: Right;
}

interface OnNode {
  readonly tenant: TenantId;
  readonly ref: ResourceRef;
}

/**
 * Gives members rights on a node, each in the place of what they had there: one commit, all or none. They are given to the
 * membership, and end with it. Durable where one was there before, since it may become less.
 */
export async function giveRights(deps: Deps, { tenant, ref, rights, pointer }: OnNode & { rights: readonly RightInput[]; pointer: (place: number) => string }, actor: Actor): Promise<ResourceRight[]> {
  if (new Set(rights.map(({ user }) => user)).size < rights.length) throw new AppError('invalid_request', { detail: 'A member stands here twice.' });
  return commitAnew(deps.store, async () => {
    const { record } = await knownResource(deps, tenant, ref);
    const [members, before] = await Promise.all([
      deps.store.read(...rights.map(({ user }) => memberKey(tenant, user))),
      deps.store.read(...rights.map(({ user }) => rightKey(tenant, ref, user))),
    ]);
    const node = nodeRefOf(record.value);
    const now = deps.clock();
    const given = rights.map(({ user, right }, place) => {
      const member = members[place];
      if (!member || !isActive(member.value)) {
        throw new AppError('invalid_request', { fields: [{ pointer: pointer(place), detail: 'This is no active member of the tenant.' }] });
      }
      const value: ResourceRight = { tenant, node, user, membership: member.value.membership, right };
      return { member, had: before[place], key: rightKey(tenant, ref, user), value };
    });
    const same = (each: (typeof given)[number]) => each.had !== undefined && isSame(each.had.value, each.value);
    return {
      change: {
        shard: shardOf(tenant),
        expect: [unchanged(record), ...given.flatMap(({ member, had, key }) => [unchanged(member), asRead(key, had)])],
        write: given.map(({ key, value }) => put(key, value, { tenant })),
        events: given.filter((each) => !same(each)).map(({ value: { user, right } }) => happened({ type: 'resource_right.given', tenant, kind: ref.kind, resource: ref.id, user, right }, { actor, now })),
        durable: given.some(({ had }) => had !== undefined),
      },
      result: given.map(({ value }) => value),
    };
  });
}

const isSame = (a: ResourceRight, b: ResourceRight): boolean => a.right === b.right && a.membership === b.membership && isSameNode(a.node, b.node);

/** Takes away what a member was given on this very node; what is inherited from above stays. `true` when this call did. */
export async function takeRight(deps: Deps, { tenant, ref, user }: OnNode & { user: UserId }, actor: Actor): Promise<boolean> {
  await knownResource(deps, tenant, ref);
  return endRecord(deps.store, rightKey(tenant, ref, user), undefined, () => ({
    events: [happened({ type: 'resource_right.removed', tenant, kind: ref.kind, resource: ref.id, user }, { actor, now: deps.clock() })],
  }));
}

/** Given on this very node, in the stay in which the member is. A page can be shorter than `limit`. */
export async function rightsOn(deps: Deps, tenant: TenantId, ref: ResourceRef, page: List): Promise<Page<ResourceRight>> {
  const { record } = await knownResource(deps, tenant, ref);
  const { records, next } = await deps.store.scan(rightsOnQuery(tenant, ref, page));
  return { records: await live(deps, tenant, records.filter(({ value }) => isSameNode(value.node, record.value))), next };
}

/** What a member was given anywhere in the tenant, by kind and node. A page can be shorter than `limit`. */
export async function rightsOf(deps: Deps, tenant: TenantId, user: UserId, page: List): Promise<Page<ResourceRight>> {
  const { records, next } = await deps.store.scan(rightsOfQuery(tenant, user, page));
  const chains = await readChains(deps, tenant, records.map(({ value }) => value.node));
  const there = records.filter(({ value }, place) => {
    const chain = chains[place];
    return chain?.complete && chain.nodes[0] && isSameNode(chain.nodes[0].value, value.node);
  });
  return { records: await live(deps, tenant, there), next };
}

async function live({ store }: Deps, tenant: TenantId, records: readonly StoredRecord<ResourceRight>[]): Promise<StoredRecord<ResourceRight>[]> {
  const members = await store.read(...records.map(({ value }) => memberKey(tenant, value.user)));
  return records.filter(({ value }, place) => members[place]?.value.membership === value.membership);
}

/** The right that a member was given on this very node. */
export async function readRight(deps: Deps, tenant: TenantId, ref: ResourceRef, user: UserId): Promise<StoredRecord<ResourceRight> | undefined> {
  const { record } = await knownResource(deps, tenant, ref);
  const [right] = await deps.store.read(rightKey(tenant, ref, user));
  return right && isSameNode(right.value.node, record.value) ? (await live(deps, tenant, [right]))[0] : undefined;
}
