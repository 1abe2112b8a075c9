import type { Deps } from '#src/deps.ts';
import type { TenantId, UserId } from '#src/ids.ts';

import { isActive } from './member.ts';
import { findMember, membersOf } from './member-store.ts';
import { findUserByEmail, usersByIds } from './user-store.ts';

export interface FoundMember {
  readonly user: UserId;
  readonly name: string;
  readonly email: string;
}

const PAGE = 200;
const MOST_PAGES = 10;

const plain = (text: string): string => text.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLocaleLowerCase('en');

/** Active members by e-mail address, or by a part of their name among the first two thousand. */
export async function findMembers(deps: Deps, tenant: TenantId, text: string, limit = 20): Promise<FoundMember[]> {
  const wanted = plain(text.trim());
  if (wanted === '') return [];
  const person = await findUserByEmail(deps, text);
  if (person) {
    const member = await findMember(deps, tenant, person.id);
    return isActive(member) ? [{ user: person.id, name: person.name, email: person.email }] : [];
  }
  const found: FoundMember[] = [];
  let after: string | undefined;
  for (let pages = 0; pages < MOST_PAGES && found.length < limit; pages += 1) {
    const page = await membersOf(deps, tenant, { ...(after !== undefined && { after }), limit: PAGE });
    const people = await namesOfMembers(deps, page.records.filter(({ value }) => isActive(value)).map(({ value }) => value.user));
    found.push(...people.filter(({ name, email }) => plain(name).includes(wanted) || plain(email).includes(wanted)));
    if (page.next === undefined) break;
    after = page.next;
  }
  return found.slice(0, limit);
}

/** With their names, in the order of the ids; without those who are no users any more. */
export async function namesOfMembers(deps: Deps, ids: readonly UserId[]): Promise<FoundMember[]> {
  const users = await usersByIds(deps, ids);
  return ids.flatMap((id) => {
    const user = users.get(id);
    return user ? [{ user: id, name: user.name, email: user.email }] : [];
  });
}
