import { knownApps } from '#src/apps/app-store.ts';
import { SHARED_ACCESS, type Catalogue } from '#src/apps/catalogue.ts';
import { approvalKey, rulesIn, rulesKey } from '#src/approvals/approval-store.ts';
import { displayText } from '#src/http/display-text.ts';
import type { AppId, DelegationId, TenantId, UserId } from '#src/ids.ts';
import type { StoredRecord } from '#src/storage/record-store.ts';
import type { Delegation } from '#src/tenants/delegation.ts';
import { delegationsFrom, delegationsTo, readDelegation } from '#src/tenants/delegation-store.ts';
import { withLiveGroups } from '#src/tenants/group-members.ts';
import { isActive } from '#src/tenants/member.ts';
import { memberKey, tenantsOf } from '#src/tenants/member-store.ts';
import { usersByIds } from '#src/tenants/user-store.ts';

import type { Membership } from './choose-tenant.ts';
import { sharingGrantsOfUser } from './grant-store.ts';
import { inTenantOf, nameOfApp, pathOfInstalledApp, scopeOf, type InstalledAppsDeps } from './installed-apps.ts';
import { pageOverTenants } from './page-over-tenants.ts';
import { aboutTheGiver } from './shared-access-offer.ts';
import { standingGrants } from './standing-grants.ts';

/** Which side of a delegation the person is on. */
export type Side = 'given' | 'received';

export interface DelegationLine {
  readonly tenant: TenantId;
  readonly id: DelegationId;
  readonly side: Side;
  /** Who gave it, or has it. */
  readonly other: string;
  readonly tenantName: string;
  /** In words, as the person reads them. */
  readonly permissions: readonly string[];
  /** ISO 8601. */
  readonly since: string;
  readonly endsAt: string | null;
  /** Somebody is inactive, so it counts for nothing just now. */
  readonly rests: boolean;
  /** To which apps the receiver passes it on. `href` leads the receiver to changing that. */
  readonly apps: readonly { readonly name: string; readonly href: string | null }[];
  /** There may be others: more were not looked at. */
  readonly moreApps: boolean;
}

const MOST_APPS = 50;

export function delegationLines(deps: InstalledAppsDeps, user: UserId, { side, memberships, after, limit }: { side: Side; memberships: readonly Membership[]; after: string | undefined; limit: number }) {
  const list = side === 'given' ? delegationsFrom : delegationsTo;
  return pageOverTenants<Delegation, DelegationLine>({
    memberships,
    scan: (tenant, page) => list(deps, tenant, user, page),
    linesOf: (membership, records) => linesOf(deps, membership, records, side),
    after,
    limit,
  });
}

/** One of the person's own, on whichever side; one of others looks as if it were not there. */
export async function delegationOf(deps: InstalledAppsDeps, user: UserId, place: { tenant: TenantId; delegation: DelegationId }): Promise<DelegationLine | undefined> {
  const membership = (await tenantsOf(deps, user)).find(({ tenant }) => tenant.id === place.tenant);
  const record = membership && (await readDelegation(deps, place.tenant, place.delegation));
  if (!record) return undefined;
  const { giver, receiver } = record.value;
  if (giver !== user && receiver !== user) return undefined;
  return (await linesOf(deps, membership, [record], giver === user ? 'given' : 'received'))[0];
}

async function linesOf(deps: InstalledAppsDeps, membership: Membership, records: readonly StoredRecord<Delegation>[], side: Side): Promise<DelegationLine[]> {
  const { tenant } = membership;
  const otherIn = ({ giver, receiver }: Delegation) => (side === 'given' ? receiver : giver);
  const people = [...new Set(records.flatMap(({ value }) => [value.giver, value.receiver]))];
  const receivers = [...new Set(records.map(({ value }) => value.receiver))];
  const [users, members, passing] = await Promise.all([
    usersByIds(deps, people),
    deps.store.read(...people.map((user) => memberKey(tenant.id, user))),
    Promise.all(receivers.map((receiver) => appsOf(deps, tenant.id, receiver))),
  ]);
  const active = new Set(people.filter((user, place) => users.get(user)?.status === 'active' && isActive(members[place]?.value)));
  const appsOfReceiver = new Map(receivers.map((receiver, place) => [receiver, passing[place]]));
  return records.map(({ value: delegation }) => ({
    tenant: tenant.id,
    id: delegation.id,
    side,
    other: displayText(users.get(otherIn(delegation))?.name ?? '') || 'Someone without a name',
    tenantName: displayText(tenant.name),
    permissions: inWords(delegation.permissions, deps.catalogue, side),
    since: delegation.createdAt,
    endsAt: delegation.endsAt,
    rests: !active.has(delegation.giver) || !active.has(delegation.receiver),
    moreApps: appsOfReceiver.get(delegation.receiver)?.more ?? false,
    apps: (appsOfReceiver.get(delegation.receiver)?.apps ?? [])
      .filter(({ scope }) => delegation.permissions.some((name) => scope.includes(name)))
      .map(({ app, name }) => ({ name, href: side === 'received' ? `${pathOfInstalledApp(tenant.id, app)}#shared` : null })),
  }));
}

/** The catalogue speaks to whose data it is: the giver. */
export const inWords = (permissions: readonly string[], catalogue: Catalogue, side: Side): string[] =>
  permissions.map((name) => {
    const title = catalogue.find(name)?.title ?? displayText(name);
    return side === 'given' ? title : aboutTheGiver(title);
  });

/** The apps that may use the shared access of a member just now, and for what. */
async function appsOf(deps: InstalledAppsDeps, tenant: TenantId, user: UserId): Promise<{ apps: { app: AppId; name: string; scope: readonly string[] }[]; more: boolean }> {
  const { records, next } = await sharingGrantsOfUser(deps, tenant, user, { limit: MOST_APPS });
  if (records.length === 0) return { apps: [], more: false };
  const grants = (await standingGrants(deps, records)).map(({ value }) => value);
  const [apps, [member, rules, ...approvals]] = await Promise.all([
    knownApps(deps, grants.map(({ app }) => app)),
    deps.store.read(memberKey(tenant, user), rulesKey(tenant), ...grants.map(({ app }) => approvalKey(tenant, app))),
  ]);
  if (!isActive(member?.value)) return { apps: [], more: false };
  const present = await withLiveGroups(deps, member.value);
  const passedOn = grants.flatMap((grant, place) => {
    const known = apps.get(grant.app);
    const inTenant = inTenantOf({ known, rules: rulesIn(rules, tenant), approval: approvals[place]?.value, catalogue: deps.catalogue });
    const scope = scopeOf(grant, present, inTenant);
    // What a live token would hold, of which `shared_access` is a part.
    const granted = scope.includes(SHARED_ACCESS);
    return granted ? [{ app: grant.app, name: nameOfApp(known), scope }] : [];
  });
  return { apps: passedOn, more: next !== undefined };
}
