import type { Deps } from '#src/deps.ts';
import type { TenantId, UserId } from '#src/ids.ts';
import { findMembers, namesOfMembers, type FoundMember } from '#src/tenants/find-members.ts';
import { groupsOf } from '#src/tenants/group-store.ts';
import type { Group } from '#src/tenants/group.ts';
import { isActive } from '#src/tenants/member.ts';
import { membersWithRole } from '#src/tenants/member-records.ts';
import { memberKey, membersOf } from '#src/tenants/member-store.ts';
import { rolesOf } from '#src/tenants/role-store.ts';
import { usersByIds } from '#src/tenants/user-store.ts';

/** Whom a data range can be made of, as far as one page shows them. */
export interface PeopleToChoose {
  readonly groups: readonly Group[];
  /** Those that were chosen, then those that were found. */
  readonly members: readonly FoundMember[];
  /** Whether there are members that are not among them. */
  readonly more: boolean;
  readonly query: string;
}

const SHOWN = 40;
const MOST_GROUPS = 200;
const AT_ONCE = 200;

/** The members that were chosen already, and those that the words find; without words, the first ones. */
export async function findPeople(deps: Deps, tenant: TenantId, { query, chosen }: { query: string; chosen: readonly UserId[] }): Promise<PeopleToChoose> {
  const [groups, kept, { found, more }] = await Promise.all([
    groupsOf(deps, tenant, { limit: MOST_GROUPS }),
    activeAmong(deps, tenant, chosen.slice(0, AT_ONCE)),
    query === '' ? firstMembers(deps, tenant) : findMembers(deps, tenant, query, SHOWN).then((members) => ({ found: members, more: true })),
  ]);
  const members = new Map([...kept, ...found].map((member) => [member.user, member]));
  return { groups: groups.records.map(({ value }) => value), members: [...members.values()], more, query };
}

async function firstMembers(deps: Deps, tenant: TenantId): Promise<{ found: FoundMember[]; more: boolean }> {
  const page = await membersOf(deps, tenant, { limit: SHOWN });
  const active = page.records.map(({ value }) => value).filter(isActive);
  return { found: await namesOfMembers(deps, active.map(({ user }) => user)), more: page.next !== undefined };
}

async function activeAmong(deps: Deps, tenant: TenantId, people: readonly UserId[]): Promise<FoundMember[]> {
  const members = await deps.store.read(...people.map((user) => memberKey(tenant, user)));
  return namesOfMembers(deps, people.filter((_, place) => isActive(members[place]?.value)));
}

const MOST_MANAGERS = 10;

/** Names of those who can act in the tenant's name about apps: owners first. */
export async function appManagersOf(deps: Deps, tenant: TenantId): Promise<readonly string[]> {
  const custom = await rolesOf(deps, tenant, { limit: AT_ONCE });
  const managing = custom.records.filter(({ value }) => value.capabilities.includes('apps.manage')).map(({ value }) => value.id);
  const pages = await Promise.all(
    ['owner', 'admin', ...managing].map((role) => membersWithRole(deps, tenant, role, { status: 'active', limit: MOST_MANAGERS })),
  );
  const ids = pages.flatMap(({ records }) => records.map(({ value }) => value.user)).slice(0, MOST_MANAGERS);
  const users = await usersByIds(deps, ids);
  return ids.flatMap((id) => users.get(id)?.name ?? []);
}
