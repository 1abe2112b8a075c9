import type { Deps } from '#src/deps.ts';
import type { TenantId, UserId } from '#src/ids.ts';
import { groupsOf } from '#src/tenants/group-store.ts';
import type { Group } from '#src/tenants/group.ts';
import { isActive } from '#src/tenants/member.ts';
import { membersWithRole } from '#src/tenants/member-records.ts';
import { memberKey, membersOf } from '#src/tenants/member-store.ts';
import { rolesOf } from '#src/tenants/role-store.ts';
import { findUserByEmail, usersByIds } from '#src/tenants/user-store.ts';
import type { User } from '#src/tenants/user.ts';

/** Whom a data range can be made of, as far as one page shows them. */
export interface PeopleToChoose {
  readonly groups: readonly Group[];
  /** Those that were chosen, then those that were found. */
  readonly members: readonly User[];
  /** Whether there are members that are not among them. */
  readonly more: boolean;
  readonly query: string;
}

const SHOWN = 40;
const MOST_GROUPS = 200;
const AT_ONCE = 200;
/** How many members a search looks through by name; beyond that an exact e-mail address finds anybody. */
const SEARCHED = 4000;

/** Active members whose name or address holds the words, and those that were chosen already. */
export async function findPeople(deps: Deps, tenant: TenantId, { query, chosen }: { query: string; chosen: readonly UserId[] }): Promise<PeopleToChoose> {
  const [groups, kept, exact, { found, more }] = await Promise.all([
    groupsOf(deps, tenant, { limit: MOST_GROUPS }),
    activeAmong(deps, tenant, chosen.slice(0, AT_ONCE)),
    query.includes('@') ? findUserByEmail(deps, query) : undefined,
    search(deps, tenant, query.toLocaleLowerCase('en')),
  ]);
  const byAddress = exact ? await activeAmong(deps, tenant, [exact.id]) : [];
  const members = new Map([...kept, ...byAddress, ...found].map((user) => [user.id, user]));
  return { groups: groups.records.map(({ value }) => value), members: [...members.values()], more: more || query !== '', query };
}

async function search(deps: Deps, tenant: TenantId, words: string): Promise<{ found: User[]; more: boolean }> {
  const found: User[] = [];
  let [after, looked]: [string | undefined, number] = [undefined, 0];
  do {
    const page: Awaited<ReturnType<typeof membersOf>> = await membersOf(deps, tenant, { limit: AT_ONCE, ...(after !== undefined && { after }) });
    const active = page.records.map(({ value }) => value).filter(isActive);
    const users = await usersByIds(deps, active.map(({ user }) => user));
    const matching = [...users.values()].filter(({ name, email }) => `${name} ${email}`.toLocaleLowerCase('en').includes(words));
    found.push(...matching);
    [after, looked] = [page.next, looked + AT_ONCE];
  } while (after !== undefined && found.length <= SHOWN && looked < SEARCHED);
  return { found: found.slice(0, SHOWN), more: after !== undefined || found.length > SHOWN };
}

async function activeAmong(deps: Deps, tenant: TenantId, people: readonly UserId[]): Promise<User[]> {
  const members = await deps.store.read(...people.map((user) => memberKey(tenant, user)));
  const active = people.filter((_, place) => isActive(members[place]?.value));
  return [...(await usersByIds(deps, active)).values()];
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
