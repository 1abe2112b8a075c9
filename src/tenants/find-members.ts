import type { Deps } from '#src/deps.ts';
import type { TenantId, UserId } from '#src/ids.ts';
import { plainText } from '#src/words.ts';

import { isActive } from './member.ts';
import { findMember, memberKey, membersOf } from './member-store.ts';
import { findUserByEmail, usersByIds } from './user-store.ts';

export interface FoundMember {
  readonly user: UserId;
  readonly name: string;
  readonly email: string;
}

const PAGE = 200;
const MOST_PAGES = 10;
const FIRST = 40;

/** Active members by e-mail address, or by a part of their name among the first two thousand. */
export async function findMembers(deps: Deps, tenant: TenantId, text: string, limit = 20): Promise<FoundMember[]> {
  const wanted = plainText(text.trim());
  if (wanted === '') return [];
  const person = await findUserByEmail(deps, text);
  // Somebody of elsewhere changes nothing about the answer, so it does not tell whether there is such a person (I5).
  if (person && isActive(await findMember(deps, tenant, person.id))) return [{ user: person.id, name: person.name, email: person.email }];
  const found: FoundMember[] = [];
  let after: string | undefined;
  for (let pages = 0; pages < MOST_PAGES && found.length < limit; pages += 1) {
    const page = await membersOf(deps, tenant, { ...(after !== undefined && { after }), limit: PAGE });
    const people = await namesOfMembers(deps, page.records.filter(({ value }) => isActive(value)).map(({ value }) => value.user));
    found.push(...people.filter(({ name, email }) => plainText(name).includes(wanted) || plainText(email).includes(wanted)));
    if (page.next === undefined) break;
    after = page.next;
  }
  return found.slice(0, limit);
}

export interface MembersToChoose {
  /** Those who were chosen already, then those whom the words find; without words, the first ones. */
  readonly members: readonly (FoundMember & { readonly ticked: boolean })[];
  readonly query: string;
  /** Said where the search found nobody. */
  readonly nobody: boolean;
}

export async function membersToChoose(deps: Deps, tenant: TenantId, { query, chosen }: { query: string; chosen: readonly UserId[] }): Promise<MembersToChoose> {
  const searching = query.trim() !== '';
  const [kept, found] = await Promise.all([
    namesOfMembers(deps, await membersAmong(deps, tenant, chosen)),
    searching ? findMembers(deps, tenant, query) : firstMembers(deps, tenant),
  ]);
  const more = found.filter(({ user }) => !chosen.includes(user));
  return {
    members: [...kept.map((each) => ({ ...each, ticked: true })), ...more.map((each) => ({ ...each, ticked: false }))],
    query,
    nobody: searching && found.length === 0,
  };
}

/** Ids come from a form: only of members of this tenant may the names be shown. */
async function membersAmong({ store }: Deps, tenant: TenantId, people: readonly UserId[]): Promise<UserId[]> {
  const asked = people.slice(0, PAGE);
  const members = await store.read(...asked.map((user) => memberKey(tenant, user)));
  return asked.filter((_, place) => members[place] !== undefined);
}

async function firstMembers(deps: Deps, tenant: TenantId): Promise<FoundMember[]> {
  const { records } = await membersOf(deps, tenant, { limit: FIRST });
  return namesOfMembers(deps, records.filter(({ value }) => isActive(value)).map(({ value }) => value.user));
}

/** With their names, in the order of the ids; without those who are no users any more. */
export async function namesOfMembers(deps: Deps, ids: readonly UserId[]): Promise<FoundMember[]> {
  const users = await usersByIds(deps, ids);
  return ids.flatMap((id) => {
    const user = users.get(id);
    return user ? [{ user: id, name: user.name, email: user.email }] : [];
  });
}
