import type { Deps } from '#src/deps.ts';
import { AppError } from '#src/errors.ts';
import { happened, type Actor } from '#src/events.ts';
import { newId, type GroupId, type TenantId } from '#src/ids.ts';
import { displayName } from '#src/names.ts';
import { changeRecord } from '#src/storage/change-record.ts';
import { absent, defineKind, present, put, type Key, type Page, type StoredRecord } from '#src/storage/record-store.ts';
import { endRecord } from '#src/storage/revoke.ts';
import { shardOf } from '#src/storage/shards.ts';

import type { Group } from './group.ts';
import { tenantKey } from './tenant-store.ts';

const GROUP = defineKind<Group>('group', {
  schema: 1,
  indexes: (group) => [{ index: 'tenant', of: group.tenant, sort: `${group.name.toLocaleLowerCase('en')} ${group.id}` }],
});

/** The tenant stands in the key, so that the id of a group opens nothing in another tenant. */
export const groupKey = (tenant: TenantId, id: GroupId): Key<Group> => ({
  shard: shardOf(tenant),
  kind: GROUP,
  id: JSON.stringify([tenant, id]),
});

export async function readGroup({ store }: Deps, tenant: TenantId, id: GroupId): Promise<StoredRecord<Group> | undefined> {
  const [record] = await store.read(groupKey(tenant, id));
  return record;
}

/** By name. */
export const groupsOf = ({ store }: Deps, tenant: TenantId, page: { after?: string | undefined; limit: number }): Promise<Page<Group>> =>
  store.scan({ shard: shardOf(tenant), kind: GROUP, index: 'tenant', of: tenant, ...page });

export async function createGroup({ store, clock }: Deps, input: { id?: GroupId; tenant: TenantId; name: string }, actor: Actor): Promise<Group> {
  const { tenant } = input;
  const now = clock();
  const group: Group = { id: input.id ?? newId('group'), tenant, name: displayName(input.name), createdAt: new Date(now).toISOString() };
  const key = groupKey(tenant, group.id);
  const result = await store.commit({
    shard: key.shard,
    expect: [present(tenantKey(tenant)), absent(key)],
    write: [put(key, group, { tenant })],
    events: [happened({ type: 'group.created', tenant, group: group.id }, { actor, now })],
  });
  if (!result.ok) throw new AppError(result.failed.some(({ is }) => is === 'absent') ? 'conflict' : 'not_found');
  return group;
}

export async function renameGroup(
  { store, clock }: Deps,
  { tenant, id, name, ifVersion }: { tenant: TenantId; id: GroupId; name: string; ifVersion?: number | undefined },
  actor: Actor,
): Promise<Group> {
  const newName = displayName(name);
  return changeRecord(store, groupKey(tenant, id), ifVersion, ({ value: group }) => ({
    value: { ...group, name: newName },
    events: [happened({ type: 'group.updated', tenant, group: id }, { actor, now: clock() })],
  }));
}

/**
 * One write, however many are in it: its id stays with them and counts for nothing (`liveGroupsOf`). `true` when this
 * call removed it.
 */
export const removeGroup = (
  deps: Deps,
  { tenant, id, ifVersion }: { tenant: TenantId; id: GroupId; ifVersion?: number | undefined },
  actor: Actor,
): Promise<boolean> =>
  endRecord(deps.store, groupKey(tenant, id), ifVersion, () => ({
    events: [happened({ type: 'group.removed', tenant, group: id }, { actor, now: deps.clock() })],
  }));
