import type { Deps } from '#src/deps.ts';
import type { TenantId, UserId } from '#src/ids.ts';
import { asRead, defineKind, present, put, remove, type Key, type Write } from '#src/storage/record-store.ts';
import { shardOf } from '#src/storage/shards.ts';
import { wordsOf } from '#src/words.ts';

import { memberKey, USER_TENANT } from './member-records.ts';
import type { User } from './user.ts';
import { userKey } from './user-records.ts';

/** What a member is found by. A hint beside the member: what is shown of them is read from the user. */
interface MemberName {
  readonly tenant: TenantId;
  readonly user: UserId;
  /** What lists are in order of. */
  readonly name: string;
  readonly words: readonly string[];
}

const MOST_WORDS = 12;

const MEMBER_NAME = defineKind<MemberName>('member-name', {
  schema: 1,
  indexes: ({ tenant, user, name, words }) => [
    { index: 'name', of: tenant, sort: `${name} ${user}` },
    ...words.map((word) => ({ index: 'word', of: tenant, sort: `${word} ${user}` })),
  ],
});

const memberNameKey = (tenant: TenantId, user: UserId): Key<MemberName> => ({
  shard: shardOf(tenant),
  kind: MEMBER_NAME,
  id: JSON.stringify([tenant, user]),
});

/** The name, and what stands before the @: all members have what stands after it. */
const wordsOfUser = ({ name, email }: User): string[] => wordsOf(`${name} ${email.slice(0, Math.max(email.lastIndexOf('@'), 0))}`).slice(0, MOST_WORDS);

const memberName = (tenant: TenantId, user: User): MemberName => ({ tenant, user: user.id, name: user.name.toLocaleLowerCase('en'), words: wordsOfUser(user) });

const begin = (words: readonly string[], asked: readonly string[]): boolean => asked.every((word) => words.some((each) => each.startsWith(word)));

/** As `searchMembers` finds them, for one who was read already. */
export const isFoundBy = (user: User, text: string): boolean => {
  const asked = wordsOf(text);
  return asked.length > 0 && begin(wordsOfUser(user), asked);
};

/** To be part of the commit that makes somebody a member. */
export const noteMemberName = (tenant: TenantId, user: User): Write => put(memberNameKey(tenant, user.id), memberName(tenant, user), { tenant });

/** To be part of the commit that ends the stay. */
export const forgetMemberName = (tenant: TenantId, user: UserId): Write => remove(memberNameKey(tenant, user));

/**
 * Brings what a person is found by up to date in each tenant; a change of the name ends with it. A crash before it
 * leaves them to be found by the old name, until `mendMemberNames` comes by.
 */
export async function nameChanged(deps: Deps, id: UserId): Promise<void> {
  const { store } = deps;
  let after: string | undefined;
  do {
    const page = await store.scan({ shard: shardOf(id), kind: USER_TENANT, index: 'user', of: id, after, limit: 100 });
    for (const { value: { tenant } } of page.records) await bringUpToDate(deps, tenant, id);
    after = page.next;
  } while (after !== undefined);
}

/** What was left behind by a crash, or by a version that noted no names. */
export async function mendMemberNames(deps: Deps, tenant: TenantId, ids: readonly UserId[]): Promise<void> {
  const [users, noted] = await Promise.all([deps.store.read(...ids.map(userKey)), deps.store.read(...ids.map((id) => memberNameKey(tenant, id)))]);
  for (const [place, user] of users.entries()) {
    const isRight = !user || JSON.stringify(memberName(tenant, user.value)) === JSON.stringify(noted[place]?.value);
    if (!isRight) await bringUpToDate(deps, tenant, user.value.id);
  }
}

async function bringUpToDate({ store }: Deps, tenant: TenantId, id: UserId): Promise<void> {
  for (;;) {
    const key = memberNameKey(tenant, id);
    const [user, member, noted] = await store.read(userKey(id), memberKey(tenant, id), key);
    const next = user && member && memberName(tenant, user.value);
    if (!next || JSON.stringify(next) === JSON.stringify(noted?.value)) return;
    await store.commit({ shard: key.shard, expect: [present(member.key), asRead(key, noted)], write: [put(key, next, { tenant })] });
  }
}

type PageAsked = { readonly after?: string | undefined; readonly limit: number };

/** All of them, in the order of their names. */
export async function membersByName({ store }: Deps, tenant: TenantId, page: PageAsked): Promise<{ users: UserId[]; next: string | undefined }> {
  const { records, next } = await store.scan({ shard: shardOf(tenant), kind: MEMBER_NAME, index: 'name', of: tenant, ...page });
  return { users: records.map(({ value }) => value.user), next };
}

/**
 * Members with a word for each word of the text that it begins: `mar chl` finds Chloe Martin. One walk over the longest
 * word, so a page costs the same however many members there are. Who has two words of that beginning can come twice.
 */
export async function searchMembers(
  { store }: Deps,
  tenant: TenantId,
  text: string,
  page: PageAsked,
): Promise<{ users: UserId[]; next: string | undefined }> {
  const words = wordsOf(text).slice(0, 8);
  const longest = words.toSorted((a, b) => b.length - a.length)[0];
  if (longest === undefined) return { users: [], next: undefined };
  const { records, next } = await store.scan({ shard: shardOf(tenant), kind: MEMBER_NAME, index: 'word', of: tenant, prefix: longest, ...page });
  const found = records.filter(({ value }) => begin(value.words, words));
  return { users: [...new Set(found.map(({ value }) => value.user))], next };
}
