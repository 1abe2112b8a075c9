import type { Deps } from '#src/deps.ts';
import { AppError } from '#src/errors.ts';
import { happened, type Actor } from '#src/events.ts';
import { newId, type TenantId, type UserId } from '#src/ids.ts';
import { absent, present, put, unchanged, type Expectation, type Page } from '#src/storage/record-store.ts';
import { changeStanding, endRecord } from '#src/storage/revoke.ts';
import { shardOf } from '#src/storage/shards.ts';

import { isActive, type Member } from './member.ts';
import { MEMBER, memberKey, membersWithRole, readMember, USER_TENANT, userTenantKey } from './member-records.ts';
import { forgetMemberName, noteMemberName } from './member-names.ts';
import { roleExists } from './role-store.ts';
import type { Tenant } from './tenant.ts';
import { tenantKey } from './tenant-store.ts';
import { userKey } from './user-records.ts';
import { expectMayChange } from './who-changes-members.ts';

export { memberKey, readMember } from './member-records.ts';

export const findMember = async (deps: Deps, tenant: TenantId, user: UserId): Promise<Member | undefined> =>
  (await readMember(deps, tenant, user))?.value;

/**
 * Two shards: the hint that leads from the user to the tenant is written first and never removed, so nobody can be a
 * member and not find the tenant. A hint without a member record means nothing.
 */
export async function addMember(
  { store, clock }: Deps,
  { tenant, user, role }: { tenant: TenantId; user: UserId; role: string },
  actor: Actor,
): Promise<Member> {
  const key = memberKey(tenant, user);
  const [person, tenantRecord, standing] = await store.read(userKey(user), tenantKey(tenant), key);
  if (!person || !tenantRecord) throw new AppError('not_found', { detail: `There is no such ${person ? 'tenant' : 'user'}.` });
  if (standing) throw new AppError('conflict', { detail: 'This person is a member already.' });

  const hint = userTenantKey(user, tenant);
  await store.commit({ shard: hint.shard, expect: [absent(hint)], write: [put(hint, { user, tenant }, { tenant })] });

  const now = clock();
  const member: Member = {
    tenant,
    user,
    membership: newId('membership'),
    role,
    status: 'active',
    groups: [],
    joinedAt: new Date(now).toISOString(),
  };
  const result = await store.commit({
    shard: key.shard,
    expect: [absent(key), present(tenantKey(tenant)), ...roleExists(tenant, role)],
    write: [put(key, member, { tenant }), noteMemberName(tenant, person.value)],
    events: [happened({ type: 'member.added', tenant, user, role }, { actor, now })],
  });
  if (result.ok) return member;
  const kinds = result.failed.map(({ key: { kind } }) => kind.name);
  if (kinds.includes(MEMBER.name)) throw new AppError('conflict', { detail: 'This person is a member already.' });
  throw kinds.includes('role') ? noSuchRole() : new AppError('not_found');
}

const noSuchRole = () =>
  new AppError('invalid_request', {
    fields: [{ pointer: '/role', detail: 'There is no such role. There are owner, admin, member and the roles of this tenant.' }],
  });

/**
 * What has to be so in the commit that takes an active owner away: another one, exactly as read here. Of two owners
 * who remove each other at the same time, the second finds the first changed, and then finds nobody else.
 */
async function anotherOwner(deps: Deps, member: Member): Promise<Expectation[]> {
  if (member.role !== 'owner' || !isActive(member)) return [];
  const owners = await membersWithRole(deps, member.tenant, 'owner', { status: 'active', limit: 2 });
  const other = owners.records.find(({ value }) => value.user !== member.user);
  if (other) return [unchanged(other)];
  throw new AppError('conflict', { detail: 'This is the last active owner. Make somebody else an owner first.' });
}

/** Who may, `expectMayChange` says; of two who change each other at once, the second finds what the first made of them. */
export async function changeMember(
  deps: Deps,
  { tenant, user, ifVersion, ...changes }: { tenant: TenantId; user: UserId; role?: string; status?: Member['status']; ifVersion?: number },
  actor: Actor,
): Promise<Member> {
  return changeStanding(deps.store, memberKey(tenant, user), ifVersion, async ({ value: member }) => {
    const { role = member.role, status = member.status } = changes;
    const changed = role !== member.role || status !== member.status;
    const roleMustExist = role === member.role ? [] : roleExists(tenant, role);
    for (const { key } of roleMustExist) {
      if (!(await deps.store.read(key))[0]) throw noSuchRole();
    }
    const staysOwner = role === 'owner' && status === 'active';
    return {
      value: { ...member, role, status },
      expect: [...(await expectMayChange(deps, member, role, actor)), ...roleMustExist, ...(staysOwner ? [] : await anotherOwner(deps, member))],
      events: changed ? [happened({ type: 'member.updated', tenant, user, role, status }, { actor, now: deps.clock() })] : [],
    };
  });
}

/**
 * One durable commit. Grants and delegations name the membership that is gone now, so they are over with it, also
 * when the person comes back (xT6). `true` when this call removed the member.
 */
export const removeMember = (
  deps: Deps,
  { tenant, user, ifVersion }: { tenant: TenantId; user: UserId; ifVersion?: number },
  actor: Actor,
): Promise<boolean> =>
  endRecord(deps.store, memberKey(tenant, user), ifVersion, async ({ value }) => ({
    expect: [...(await expectMayChange(deps, value, value.role, actor)), ...(await anotherOwner(deps, value))],
    write: [forgetMemberName(tenant, user)],
    events: [happened({ type: 'member.removed', tenant, user }, { actor, now: deps.clock() })],
  }));

export const membersOf = ({ store }: Deps, tenant: TenantId, page: { after?: string; limit: number }): Promise<Page<Member>> =>
  store.scan({ shard: shardOf(tenant), kind: MEMBER, index: 'tenant', of: tenant, after: page.after, limit: page.limit });

/** Where this person is an active member now, of active tenants only, by the tenant's name. */
export async function tenantsOf(deps: Deps, user: UserId): Promise<{ tenant: Tenant; member: Member }[]> {
  const found: { tenant: Tenant; member: Member }[] = [];
  let after: string | undefined;
  do {
    const { ids, next } = await tenantsToLookIn(deps, user, after);
    const records = await deps.store.read(...ids.map(tenantKey), ...ids.map((id) => memberKey(id, user)));
    ids.forEach((_, place) => {
      const [tenant, member] = [records[place]?.value as Tenant | undefined, records[ids.length + place]?.value as Member | undefined];
      if (tenant?.status === 'active' && isActive(member)) found.push({ tenant, member });
    });
    after = next;
  } while (after !== undefined);
  return found.toSorted((a, b) => a.tenant.name.localeCompare(b.tenant.name, 'en') || (a.tenant.id < b.tenant.id ? -1 : 1));
}

/** Nobody is a member of a tenant that is not among these; who is, the member record alone says. */
export async function tenantsToLookIn({ store }: Deps, user: UserId, after?: string): Promise<{ ids: TenantId[]; next: string | undefined }> {
  const { records, next } = await store.scan({ shard: shardOf(user), kind: USER_TENANT, index: 'user', of: user, after, limit: 100 });
  return { ids: records.map(({ value }) => value.tenant), next };
}
