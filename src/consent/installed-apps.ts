import type { App, LiveApp } from '#src/apps/app.ts';
import { appsByIds, findLiveApp } from '#src/apps/app-store.ts';
import type { Catalogue } from '#src/apps/catalogue.ts';
import { readApprovalFacts } from '#src/approvals/approval-store.ts';
import type { AppInTenant } from '#src/approvals/decide.ts';
import type { Deps } from '#src/deps.ts';
import { displayText } from '#src/http/display-text.ts';
import type { AppId, TenantId, UserId } from '#src/ids.ts';
import { tenantsOf } from '#src/tenants/member-store.ts';

import { appFace, type AppFace } from './app-face.ts';
import { receivedDelegations } from './consent-facts.ts';
import { effectiveScope, grantStands } from './effective-permissions.ts';
import type { Grant } from './grant.ts';
import { grantsOfUser, readGrant } from './grant-store.ts';
import { permissionLines, type PermissionLine } from './permission-line.ts';
import { SHARED_ACCESS_LABEL, sharedAccessOffer, type SharedAccessOffer } from './shared-access-offer.ts';
import { standingGrants } from './standing-grants.ts';

export interface InstalledAppsDeps extends Deps {
  readonly catalogue: Catalogue;
}

export interface InstalledAppLine {
  readonly href: string;
  readonly app: string;
  readonly developer: string;
  readonly tenant: string;
  /** ISO 8601. */
  readonly since: string;
  readonly sharedAccess: boolean;
}

export const pathOfInstalledApp = (tenant: TenantId, app: AppId): string =>
  `/account/apps/${encodeURIComponent(tenant)}/${encodeURIComponent(app)}`;

const MOST_IN_A_TENANT = 200;

const nameOf = (app: App | undefined): string => displayText(app?.name ?? '') || 'An app that is gone';

/** What this person allowed, in all tenants they are in; what ended with a stay or an approval is not there. */
export async function installedApps(deps: InstalledAppsDeps, user: UserId): Promise<InstalledAppLine[]> {
  const memberships = await tenantsOf(deps, user);
  const lists = await Promise.all(
    memberships.map(async ({ tenant }) => {
      const { records } = await grantsOfUser(deps, tenant.id, user, { limit: MOST_IN_A_TENANT });
      const standing = await standingGrants(deps, records);
      return standing.map(({ value: grant }) => ({ grant, tenant }));
    }),
  );
  const apps = await appsByIds(deps, lists.flat().map(({ grant }) => grant.app));
  return lists
    .flat()
    .map(({ grant, tenant }) => ({
      href: pathOfInstalledApp(tenant.id, grant.app),
      app: nameOf(apps.get(grant.app)),
      developer: displayText(apps.get(grant.app)?.developer.name ?? ''),
      tenant: displayText(tenant.name),
      since: grant.createdAt,
      sharedAccess: grant.sharedAccess,
    }))
    .toSorted((a, b) => a.app.localeCompare(b.app, 'en') || a.tenant.localeCompare(b.tenant, 'en'));
}

export interface InstalledApp {
  readonly tenant: TenantId;
  readonly tenantName: string;
  readonly grant: Grant;
  readonly face: AppFace;
  /** What the app can do right now. */
  readonly permissions: readonly PermissionLine[];
  /** `undefined` where there is nothing to pass on and nothing was. */
  readonly sharedAccess: SharedAccessOffer | undefined;
  /** ISO 8601. */
  readonly since: string;
}

/** One of them, or `undefined`: an app that was never allowed, was removed, or is of a tenant the person is not in. */
export async function installedApp(deps: InstalledAppsDeps, user: UserId, place: { tenant: TenantId; app: AppId }): Promise<InstalledApp | undefined> {
  const membership = (await tenantsOf(deps, user)).find(({ tenant }) => tenant.id === place.tenant);
  if (!membership) return undefined;
  const [record, live, approvals, received] = await Promise.all([
    readGrant(deps, place.tenant, user, place.app),
    findLiveApp(deps, place.app),
    readApprovalFacts(deps, place.tenant, place.app),
    receivedDelegations(deps, place.tenant, user),
  ]);
  const [standing] = record && live ? await standingGrants(deps, [record]) : [];
  if (!standing || !live) return undefined;
  const { value: grant } = standing;
  const inTenant: AppInTenant = { ...live, rules: approvals.rules, approval: approvals.approval, catalogue: deps.catalogue };
  const scope = grantStands(grant, membership.member, inTenant) ? effectiveScope(grant.permissions, grant, inTenant) : [];
  return {
    tenant: place.tenant,
    tenantName: displayText(membership.tenant.name),
    grant,
    face: appFace(live.app, firstRedirect(live)),
    permissions: permissionLines(scope, deps.catalogue),
    sharedAccess: sharedAccessOffer(live.version, received, grant, deps.catalogue) ?? (grant.sharedAccess ? NOBODY_NOW : undefined),
    since: grant.createdAt,
  };
}

/** Passed on before, with nobody to share anything just now: it can still be taken back. */
const NOBODY_NOW: SharedAccessOffer = { label: SHARED_ACCESS_LABEL, alreadyAllowed: true, from: [] };

const firstRedirect = ({ version }: LiveApp): string => version.redirectUris[0] ?? 'https://invalid.example/';
