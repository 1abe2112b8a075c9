import { approvalKey } from '#src/approvals/approval-store.ts';
import { generationOf } from '#src/approvals/decide.ts';
import { currentGrantsOfApp, grantKey } from '#src/consent/grant-store.ts';
import type { Grant } from '#src/consent/grant.ts';
import type { Deps } from '#src/deps.ts';
import type { AppId, TenantId, UserId } from '#src/ids.ts';
import { installationKey } from '#src/installations/installation-records.ts';
import { installationStands } from '#src/installations/installed-app.ts';
import type { Installation } from '#src/installations/installation.ts';
import { lastUses } from '#src/installations/last-use.ts';
import { isFoundBy } from '#src/tenants/member-names.ts';
import { memberKey } from '#src/tenants/member-store.ts';
import type { Member } from '#src/tenants/member.ts';
import { findUserByEmail, usersByIds } from '#src/tenants/user-store.ts';
import type { User } from '#src/tenants/user.ts';

import { byName } from './find-members.ts';

/** The words of Z6. */
export const PERMISSION_TYPES = ['User', 'User with Shared Access', 'Admin'] as const;
export type PermissionType = (typeof PERMISSION_TYPES)[number];

/** A member who has an app: for themselves, or because they installed it for the tenant, or both. */
export interface Subscriber {
  readonly user: UserId;
  readonly person: User | undefined;
  readonly member: Member;
  readonly type: PermissionType;
  readonly grant: Grant | undefined;
  readonly installation: Installation | undefined;
  /** ISO 8601. */
  readonly since: string;
  readonly lastUse: string | undefined;
}

export interface SubscriberList {
  readonly subscribers: readonly Subscriber[];
  readonly next: string | undefined;
}

interface SubscriberQuery {
  readonly text: string;
  readonly type: PermissionType | '';
  readonly after?: string | undefined;
  readonly limit: number;
}

/** How many grants or names one request looks at, at most, to fill a page. */
const MOST_LOOKED_AT = 400;

/** As many as are looked through for a name without an index. */
const FEW = 100;

type Found = Pick<Subscriber, 'user' | 'member' | 'grant'>;

interface Where {
  readonly tenant: TenantId;
  readonly app: AppId;
  readonly generation: number;
  readonly installation: Installation | undefined;
}

/**
 * The current subscribers (Z6): who installed it for the tenant first, then the newest grants; with words, by name. A
 * page costs the same however many there are, and can be shorter though there are more.
 */
export async function subscribersOf(deps: Deps, tenant: TenantId, app: AppId, query: SubscriberQuery): Promise<SubscriberList> {
  const [approval, installed] = await deps.store.read(approvalKey(tenant, app), installationKey(tenant, app));
  const installation = installed && installationStands(installed.value, approval?.value) ? installed.value : undefined;
  const where: Where = { tenant, app, generation: generationOf(approval?.value), installation };
  const { found, next } = await (query.text.trim() === '' ? byTime(deps, where, query) : byText(deps, where, query));
  return { subscribers: await described(deps, where, found), next };
}

interface FoundPage {
  readonly found: readonly Found[];
  readonly next: string | undefined;
}

async function byTime(deps: Deps, where: Where, { type, after, limit }: SubscriberQuery): Promise<FoundPage> {
  const installer = where.installation?.installedBy;
  // The one who installed it stands at the top of the first page, with their own grant if they gave one.
  const found = after === undefined && installer !== undefined && (type === '' || type === 'Admin') ? await among(deps, where, [installer]) : [];
  if (type === 'Admin') return { found, next: undefined };
  let next = after;
  for (let looked = 0; looked < MOST_LOOKED_AT && found.length < limit; ) {
    const page = await currentGrantsOfApp(deps, where, { ...(next !== undefined && { after: next }), limit: limit - found.length, sharing: type === 'User with Shared Access' });
    const others = page.records.map(({ value }) => value).filter(({ user, sharedAccess }) => user !== installer && (type !== 'User' || !sharedAccess));
    found.push(...(await withMembers(deps, where, others.map((grant) => ({ user: grant.user, grant })))));
    next = page.next;
    if (next === undefined) break;
    looked += page.records.length;
  }
  return { found, next };
}

async function byText(deps: Deps, where: Where, { text, type, after, limit }: SubscriberQuery): Promise<FoundPage> {
  const matches = (found: readonly Found[]) => found.filter((each) => type === '' || typeOf(where, each) === type);
  const person = text.includes('@') ? await findUserByEmail(deps, text.trim()) : undefined;
  const ofPerson = person ? await among(deps, where, [person.id]) : [];
  // Somebody of elsewhere changes nothing about the answer, so it does not tell whether there is such a person (I5).
  if (ofPerson.length > 0) return { found: matches(ofPerson), next: undefined };
  // Few are read all: to look for them among all names of a large tenant would not end.
  const few = await currentGrantsOfApp(deps, where, { limit: FEW });
  if (few.next === undefined) return { found: matches(await amongFew(deps, where, few.records.map(({ value }) => value.user), text)), next: undefined };
  return byName(deps, where.tenant, { text, after, limit }, async (users) => matches(await among(deps, where, users)));
}

async function amongFew(deps: Deps, where: Where, users: readonly UserId[], text: string): Promise<Found[]> {
  const ids = [...new Set([...(where.installation ? [where.installation.installedBy] : []), ...users])];
  const people = await usersByIds(deps, ids);
  return among(deps, where, [...people.values()].filter((person) => isFoundBy(person, text)).map(({ id }) => id));
}

/** Those of these people who have the app. */
async function among(deps: Deps, where: Where, users: readonly UserId[]): Promise<Found[]> {
  const grants = await deps.store.read(...users.map((user) => grantKey(where.tenant, user, where.app)));
  const withGrants = users.map((user, place) => ({ user, grant: grants[place]?.value }));
  return withMembers(deps, where, withGrants);
}

/** With the member that each is, and the grant only where it stands. */
async function withMembers({ store }: Deps, { tenant, generation, installation }: Where, people: readonly Pick<Found, 'user' | 'grant'>[]): Promise<Found[]> {
  const members = await store.read(...people.map(({ user }) => memberKey(tenant, user)));
  return people.flatMap(({ user, grant }, place): Found[] => {
    const member = members[place]?.value;
    const stands = grant?.generation === generation && grant.membership === member?.membership;
    return member && (stands || installation?.installedBy === user) ? [{ user, member, grant: stands ? grant : undefined }] : [];
  });
}

const typeOf = ({ installation }: Where, { user, grant }: Found): PermissionType => {
  if (installation?.installedBy === user) return 'Admin';
  return grant?.sharedAccess ? 'User with Shared Access' : 'User';
};

async function described(deps: Deps, where: Where, found: readonly Found[]): Promise<Subscriber[]> {
  const { tenant, installation } = where;
  const used = found.flatMap(({ grant }) => (grant ? [{ tenant, id: grant.id }] : []));
  const [people, uses] = await Promise.all([
    usersByIds(deps, found.map(({ user }) => user)),
    lastUses(deps, installation ? [...used, { tenant, id: installation.id }] : used),
  ]);
  return found.map((each): Subscriber => {
    const installed = installation?.installedBy === each.user ? installation : undefined;
    const [first, second] = [each.grant, installed].map((one) => one && uses.get(one.id));
    return {
      ...each,
      person: people.get(each.user),
      type: typeOf(where, each),
      installation: installed,
      since: installed?.createdAt ?? each.grant?.createdAt ?? '',
      lastUse: [first, second].filter((at) => at !== undefined).toSorted().at(-1),
    };
  });
}

/** One of them, for the page that takes the app from them. */
export async function subscriberOf(deps: Deps, tenant: TenantId, app: AppId, user: UserId): Promise<Subscriber | undefined> {
  const [approval, installed] = await deps.store.read(approvalKey(tenant, app), installationKey(tenant, app));
  const installation = installed && installationStands(installed.value, approval?.value) ? installed.value : undefined;
  const where: Where = { tenant, app, generation: generationOf(approval?.value), installation };
  const [one] = await described(deps, where, await among(deps, where, [user]));
  return one;
}
