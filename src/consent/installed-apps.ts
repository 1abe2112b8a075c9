import { knownApps, type KnownApp } from '#src/apps/app-store.ts';
import type { Catalogue } from '#src/apps/catalogue.ts';
import { approvalKey, rulesIn, rulesKey } from '#src/approvals/approval-store.ts';
import type { Approval } from '#src/approvals/approval.ts';
import type { AppInTenant } from '#src/approvals/decide.ts';
import type { Rules } from '#src/approvals/rules.ts';
import type { Deps } from '#src/deps.ts';
import { displayText } from '#src/http/display-text.ts';
import type { AppId, ContextId, TenantId, UserId } from '#src/ids.ts';
import { lastUses } from '#src/installations/last-use.ts';
import type { StoredRecord } from '#src/storage/record-store.ts';
import { withLiveGroups } from '#src/tenants/group-members.ts';
import type { Member } from '#src/tenants/member.ts';
import { tenantsOf } from '#src/tenants/member-store.ts';
import { plainText } from '#src/words.ts';

import { actingState, STATE_NAMES } from './acting-state.ts';
import type { Membership } from './choose-tenant.ts';
import { effectiveScope, grantStands } from './effective-permissions.ts';
import { grantsOfUser } from './grant-store.ts';
import type { Grant } from './grant.ts';
import { pageOverTenants } from './page-over-tenants.ts';
import { permissionLines } from './permission-line.ts';
import { standingGrants } from './standing-grants.ts';

export interface InstalledAppsDeps extends Deps {
  readonly catalogue: Catalogue;
}

export interface InstalledAppLine {
  readonly href: string;
  readonly app: string;
  readonly developer: string;
  readonly tenant: string;
  /** Why it can do nothing just now, in two words, or `''`. */
  readonly state: string;
  /** What it may do, in words. */
  readonly permissions: readonly string[];
  /** ISO 8601. */
  readonly since: string;
  /** ISO 8601, at most a minute old; `undefined` when it was not used yet. */
  readonly lastUsed: string | undefined;
  readonly sharedAccess: 'allowed' | 'not_allowed' | 'not_used_by_app';
}

export const pathOfInstalledApp = (tenant: TenantId, app: AppId): string =>
  `/account/apps/${encodeURIComponent(tenant)}/${encodeURIComponent(app)}`;

/** Opens the app for the person who follows it. */
export const launchPathOf = (app: AppId, tenant: TenantId, context?: ContextId): string =>
  `/launch/${encodeURIComponent(app)}?${new URLSearchParams({ tenant, ...(context !== undefined && { context }) }).toString()}`;

export const nameOfApp = (known: KnownApp | undefined): string => displayText(known?.app.name ?? '') || 'An app that is gone';

export interface ListWanted {
  readonly after: string | undefined;
  readonly limit: number;
  /** In this tenant only. */
  readonly tenant: string;
  /** Part of the name of the app or of its developer. */
  readonly words: string;
}

/** As many grants are looked through for one page of a search; from there the next page goes on. */
const MOST_SEARCHED = 5000;

/**
 * A page of what this person allowed, in all tenants they are in: tenant by tenant, the newest first. What ended with a
 * stay or an approval is not there.
 */
export async function installedApps(deps: InstalledAppsDeps, user: UserId, { after, limit, tenant, words }: ListWanted) {
  const all = await tenantsOf(deps, user);
  const memberships = tenant === '' ? all : all.filter((each) => each.tenant.id === tenant);
  const page = await pageOverTenants<Grant, InstalledAppLine>({
    memberships,
    scan: (id, place) => grantsOfUser(deps, id, user, { ...place, direction: 'descending' }),
    linesOf: (membership, records) => linesOf(deps, membership, records, words),
    after,
    limit,
    ...(words !== '' && { mostLooked: MOST_SEARCHED }),
  });
  return { ...page, tenants: all.map((each) => each.tenant) };
}

async function linesOf(deps: InstalledAppsDeps, membership: Membership, records: readonly StoredRecord<Grant>[], words: string): Promise<InstalledAppLine[]> {
  const { tenant } = membership;
  const apps = await knownApps(deps, records.map(({ value }) => value.app));
  const named = words === '' ? records : records.filter(({ value }) => namedLike(apps.get(value.app), words));
  const [standing, approvals, [rules], used, member] = await Promise.all([
    standingGrants(deps, named),
    deps.store.read(...named.map(({ value }) => approvalKey(tenant.id, value.app))),
    deps.store.read(rulesKey(tenant.id)),
    lastUses(deps, named.map(({ value }) => value)),
    withLiveGroups(deps, membership.member),
  ]);
  const approvalOf = new Map(named.map(({ value }, place) => [value.app, approvals[place]?.value]));
  const about = { tenant, member, rules: rulesIn(rules, tenant.id), catalogue: deps.catalogue };
  return standing.map(({ value: grant }) =>
    lineOf(grant, { ...about, known: apps.get(grant.app), approval: approvalOf.get(grant.app), lastUsed: used.get(grant.id) }),
  );
}

function namedLike(known: KnownApp | undefined, words: string): boolean {
  const text = plainText(`${nameOfApp(known)} ${known?.app.developer.name ?? ''}`);
  return plainText(words).split(/\s+/).every((word) => text.includes(word));
}

interface LineFacts {
  readonly tenant: Membership['tenant'];
  readonly member: Member;
  readonly rules: Rules;
  readonly catalogue: Catalogue;
  readonly known: KnownApp | undefined;
  readonly approval: Approval | undefined;
  readonly lastUsed: string | undefined;
}

function lineOf(grant: Grant, facts: LineFacts): InstalledAppLine {
  const { tenant, known, lastUsed } = facts;
  const app = inTenantOf(facts);
  return {
    href: pathOfInstalledApp(tenant.id, grant.app),
    app: nameOfApp(known),
    developer: displayText(known?.app.developer.name ?? ''),
    tenant: displayText(tenant.name),
    state: STATE_NAMES[actingState(known, { ...facts, inTenant: app })],
    permissions: permissionLines(scopeOf(grant, facts.member, app), facts.catalogue).map(({ title }) => title),
    since: grant.createdAt,
    lastUsed,
    sharedAccess: grant.sharedAccess ? 'allowed' : known?.version?.sharedAccess === true ? 'not_allowed' : 'not_used_by_app',
  };
}

export const inTenantOf = ({ known, rules, approval, catalogue }: Pick<LineFacts, 'known' | 'rules' | 'approval' | 'catalogue'>): AppInTenant | undefined =>
  known?.version && { app: known.app, version: known.version, rules, approval, catalogue };

/** What an app may do for the member right now. */
export const scopeOf = (grant: Grant, member: Member, app: AppInTenant | undefined): string[] =>
  app?.app.status === 'active' && grantStands(grant, member, app) ? effectiveScope(grant.permissions, grant, app) : [];
