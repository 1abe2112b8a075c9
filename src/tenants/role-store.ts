import type { Deps } from '#src/deps.ts';
import { AppError } from '#src/errors.ts';
import { happened, type Actor } from '#src/events.ts';
import { newId, type RoleId, type TenantId } from '#src/ids.ts';
import { displayName } from '#src/names.ts';
import { absent, defineKind, present, put, type Expectation, type Key, type Page, type StoredRecord } from '#src/storage/record-store.ts';
import { changeStanding, endRecord } from '#src/storage/revoke.ts';
import { shardOf } from '#src/storage/shards.ts';

import { membersWithRole } from './member-records.ts';
import { CAPABILITIES, isBuiltInRole, type Capability, type CustomRole } from './role.ts';
import { tenantKey } from './tenant-store.ts';

const ROLE = defineKind<CustomRole>('role', {
  schema: 1,
  indexes: (role) => [{ index: 'tenant', of: role.tenant, sort: role.id }],
});

/** The tenant stands in the key, so that the id of a role opens nothing in another tenant. */
export const roleKey = (tenant: TenantId, id: RoleId): Key<CustomRole> => ({
  shard: shardOf(tenant),
  kind: ROLE,
  id: JSON.stringify([tenant, id]),
});

export async function readRole({ store }: Deps, tenant: TenantId, id: RoleId): Promise<StoredRecord<CustomRole> | undefined> {
  const [record] = await store.read(roleKey(tenant, id));
  return record;
}

export const findRole = async (deps: Deps, tenant: TenantId, id: RoleId): Promise<CustomRole | undefined> =>
  (await readRole(deps, tenant, id))?.value;

export const rolesOf = ({ store }: Deps, tenant: TenantId, page: { after?: string; limit: number }): Promise<Page<CustomRole>> =>
  store.scan({ shard: shardOf(tenant), kind: ROLE, index: 'tenant', of: tenant, after: page.after, limit: page.limit });

/** What has to be so in the commit that gives somebody this role. */
export const roleExists = (tenant: TenantId, role: string): Expectation[] =>
  isBuiltInRole(role) ? [] : [present(roleKey(tenant, role as RoleId))];

const checked = (capabilities: readonly Capability[]): Capability[] => {
  const unknown = capabilities.find((capability) => !CAPABILITIES.includes(capability));
  if (unknown === undefined) return CAPABILITIES.filter((capability) => capabilities.includes(capability));
  throw new AppError('invalid_request', {
    fields: [{ pointer: '/capabilities', detail: `"${unknown}" is not a capability. There are: ${CAPABILITIES.join(', ')}.` }],
  });
};

export async function createRole(
  { store, clock }: Deps,
  input: { tenant: TenantId; name: string; capabilities: readonly Capability[] },
  actor: Actor,
): Promise<CustomRole> {
  const { tenant } = input;
  const role: CustomRole = { id: newId('role'), tenant, name: displayName(input.name), capabilities: checked(input.capabilities) };
  const key = roleKey(tenant, role.id);
  const result = await store.commit({
    shard: key.shard,
    expect: [present(tenantKey(tenant)), absent(key)],
    write: [put(key, role, { tenant })],
    events: [happened({ type: 'role.created', tenant, role: role.id }, { actor, now: clock() })],
  });
  if (!result.ok) throw new AppError('not_found');
  return role;
}

export async function updateRole(
  { store, clock }: Deps,
  { tenant, id, ifVersion, ...changes }: { tenant: TenantId; id: RoleId; name?: string; capabilities?: readonly Capability[]; ifVersion?: number },
  actor: Actor,
): Promise<CustomRole> {
  const name = changes.name === undefined ? undefined : displayName(changes.name);
  const capabilities = changes.capabilities === undefined ? undefined : checked(changes.capabilities);
  return changeStanding(store, roleKey(tenant, id), ifVersion, ({ value: role }) => ({
    value: { ...role, name: name ?? role.name, capabilities: capabilities ?? role.capabilities },
    events: [happened({ type: 'role.updated', tenant, role: id }, { actor, now: clock() })],
  }));
}

/**
 * Only a role that nobody has. Somebody who is given it in the same moment is left with a role that does not exist,
 * which may do nothing. `true` when this call removed it.
 */
export const removeRole = (
  deps: Deps,
  { tenant, id, ifVersion }: { tenant: TenantId; id: RoleId; ifVersion?: number },
  actor: Actor,
): Promise<boolean> =>
  endRecord(deps.store, roleKey(tenant, id), ifVersion, async () => {
    const holders = await membersWithRole(deps, tenant, id, { limit: 1 });
    if (holders.records.length > 0) {
      throw new AppError('conflict', { detail: 'Members have this role. Give them another one first.' });
    }
    return { events: [happened({ type: 'role.removed', tenant, role: id }, { actor, now: deps.clock() })] };
  });
