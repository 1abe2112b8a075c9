import type { Deps } from '#src/deps.ts';
import type { TenantId, UserId } from '#src/ids.ts';
import { groupKey } from '#src/tenants/group-store.ts';
import { membersByName, searchMembers } from '#src/tenants/member-names.ts';
import { memberKey } from '#src/tenants/member-store.ts';
import type { Member } from '#src/tenants/member.ts';
import { findUserByEmail, usersByIds } from '#src/tenants/user-store.ts';
import type { User } from '#src/tenants/user.ts';

export interface ListedMember {
  readonly member: Member;
  readonly person: User | undefined;
  /** Names of those of their groups that there are. */
  readonly groups: readonly string[];
}

const MOST_LOOKED_AT = 400;

/** Members in the order of their names; with words, those whose names or addresses they begin. A page costs the same however many there are. */
export async function listMembers(
  deps: Deps,
  tenant: TenantId,
  { text, after, limit }: { readonly text: string; readonly after?: string | undefined; readonly limit: number },
): Promise<{ members: ListedMember[]; next: string | undefined }> {
  if (text === '') {
    const { users, next } = await membersByName(deps, tenant, { ...(after !== undefined && { after }), limit });
    return { members: await described(deps, tenant, await among(deps, tenant, users)), next };
  }
  const person = text.includes('@') ? await findUserByEmail(deps, text) : undefined;
  const [member] = person ? await among(deps, tenant, [person.id]) : [];
  // Somebody of elsewhere changes nothing about the answer, so it does not tell whether there is such a person (I5).
  if (member) return { members: await described(deps, tenant, [member]), next: undefined };
  const { found, next } = await byName(deps, tenant, { text, after, limit }, (users) => among(deps, tenant, users));
  return { members: await described(deps, tenant, found), next };
}

/** Of those whose names the words find, whom `take` takes, each once. A page ends when so many were looked at, however few were taken. */
export async function byName<T extends { readonly user: UserId }>(
  deps: Deps,
  tenant: TenantId,
  { text, after, limit }: { readonly text: string; readonly after?: string | undefined; readonly limit: number },
  take: (users: readonly UserId[]) => Promise<readonly T[]>,
): Promise<{ found: T[]; next: string | undefined }> {
  const found: T[] = [];
  let next = after;
  for (let looked = 0; looked < MOST_LOOKED_AT && found.length < limit; ) {
    const ask = limit - found.length;
    const page = await searchMembers(deps, tenant, text, { ...(next !== undefined && { after: next }), limit: ask });
    found.push(...(await take(page.users.filter((user) => !found.some((each) => each.user === user)))));
    next = page.next;
    if (next === undefined) break;
    looked += ask;
  }
  return { found, next };
}

async function among({ store }: Deps, tenant: TenantId, users: readonly UserId[]): Promise<Member[]> {
  const records = await store.read(...users.map((user) => memberKey(tenant, user)));
  return records.flatMap((record) => (record ? [record.value] : []));
}

export async function described(deps: Deps, tenant: TenantId, members: readonly Member[]): Promise<ListedMember[]> {
  const ids = [...new Set(members.flatMap(({ groups }) => groups))];
  const [people, groups] = await Promise.all([usersByIds(deps, members.map(({ user }) => user)), deps.store.read(...ids.map((id) => groupKey(tenant, id)))]);
  const names = new Map(groups.flatMap((record) => (record ? [[record.value.id, record.value.name] as const] : [])));
  return members.map((member) => ({ member, person: people.get(member.user), groups: member.groups.flatMap((id) => names.get(id) ?? []) }));
}
