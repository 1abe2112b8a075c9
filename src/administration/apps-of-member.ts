import type { App } from '#src/apps/app.ts';
import { appsByIds } from '#src/apps/app-store.ts';
import { grantsOfUser } from '#src/consent/grant-store.ts';
import type { Grant } from '#src/consent/grant.ts';
import { standingGrants } from '#src/consent/standing-grants.ts';
import type { Deps } from '#src/deps.ts';
import { lastUses } from '#src/installations/last-use.ts';
import type { Member } from '#src/tenants/member.ts';

import type { Count } from './count-subscribers.ts';

export interface AppOfMember {
  readonly grant: Grant;
  readonly app: App | undefined;
  readonly lastUse: string | undefined;
}

const MOST_LOOKED_AT = 400;

/** What a member allowed for themselves in the tenant, and stands. */
export async function appsOfMember(
  deps: Deps,
  { tenant, user }: Pick<Member, 'tenant' | 'user'>,
  { after, limit }: { readonly after?: string | undefined; readonly limit: number },
): Promise<{ apps: AppOfMember[]; next: string | undefined }> {
  const grants: Grant[] = [];
  let next = after;
  for (let looked = 0; looked < MOST_LOOKED_AT && grants.length < limit; ) {
    const page = await grantsOfUser(deps, tenant, user, { ...(next !== undefined && { after: next }), limit: limit - grants.length });
    grants.push(...(await standingGrants(deps, page.records)).map(({ value }) => value));
    next = page.next;
    if (next === undefined) break;
    looked += page.records.length;
  }
  const [apps, uses] = await Promise.all([appsByIds(deps, grants.map(({ app }) => app)), lastUses(deps, grants.map(({ id }) => ({ tenant, id })))]);
  return { apps: grants.map((grant) => ({ grant, app: apps.get(grant.app), lastUse: uses.get(grant.id) })), next };
}

const COUNTED = 50;

export async function countAppsOfMember(deps: Deps, member: Pick<Member, 'tenant' | 'user'>): Promise<Count> {
  const { apps, next } = await appsOfMember(deps, member, { limit: COUNTED });
  return { count: apps.length, more: next !== undefined, countedAt: null };
}
