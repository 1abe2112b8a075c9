import { knownApps } from '#src/apps/app-store.ts';
import { readApprovalFacts } from '#src/approvals/approval-store.ts';
import type { AppInTenant } from '#src/approvals/decide.ts';
import { displayText } from '#src/http/display-text.ts';
import type { AppId, TenantId, UserId } from '#src/ids.ts';
import { lastUses } from '#src/installations/last-use.ts';
import { installationStands } from '#src/installations/installed-app.ts';
import { readInstallation } from '#src/installations/installation-store.ts';
import { withLiveGroups } from '#src/tenants/group-members.ts';
import type { Member } from '#src/tenants/member.ts';
import { tenantsOf } from '#src/tenants/member-store.ts';

import { actingState, type ActingState } from './acting-state.ts';
import { appFace, type AppFace } from './app-face.ts';
import { receivedDelegations } from './consent-facts.ts';
import { readGrant } from './grant-store.ts';
import type { Grant } from './grant.ts';
import { grantedNodes, type GrantedNode, type GrantedNodesDeps } from './granted-nodes.ts';
import { inTenantOf, nameOfApp, scopeOf, type InstalledAppsDeps } from './installed-apps.ts';
import { permissionLines, type PermissionLine } from './permission-line.ts';
import { SHARED_ACCESS_LABEL, sharedAccessOffer, type SharedAccessOffer } from './shared-access-offer.ts';
import { standingGrants } from './standing-grants.ts';

export type InstalledAppDeps = InstalledAppsDeps & GrantedNodesDeps;

export interface InstalledApp {
  readonly tenant: TenantId;
  readonly tenantName: string;
  readonly grant: Grant;
  readonly member: Member;
  readonly face: AppFace;
  readonly state: ActingState;
  /** `undefined` for an app without a version in use. */
  readonly inTenant: AppInTenant | undefined;
  /** What the app can do right now. */
  readonly permissions: readonly PermissionLine[];
  /** Where, for what it may do on nodes. */
  readonly nodes: readonly GrantedNode[];
  /** `undefined` for an app that cannot use it and was not allowed to. */
  readonly sharedAccess: SharedAccessOffer | undefined;
  /** Whether it also acts in the tenant as itself, which is not the member's to end. */
  readonly alsoForTenant: boolean;
  /** ISO 8601. */
  readonly since: string;
  readonly lastUsed: string | undefined;
}

/** One of them, or `undefined`: an app that was never allowed, was removed, or is of a tenant the person is not in. */
export async function installedApp(deps: InstalledAppDeps, user: UserId, place: { tenant: TenantId; app: AppId }): Promise<InstalledApp | undefined> {
  const membership = (await tenantsOf(deps, user)).find(({ tenant }) => tenant.id === place.tenant);
  if (!membership) return undefined;
  const [record, apps, { approval, rules }, received, installation, member] = await Promise.all([
    readGrant(deps, place.tenant, user, place.app),
    knownApps(deps, [place.app]),
    readApprovalFacts(deps, place.tenant, place.app),
    receivedDelegations(deps, place.tenant, user),
    readInstallation(deps, place.tenant, place.app),
    withLiveGroups(deps, membership.member),
  ]);
  const [standing] = record ? await standingGrants(deps, [record]) : [];
  if (!standing) return undefined;
  const { value: grant } = standing;
  const known = apps.get(place.app);
  const inTenant = inTenantOf({ known, rules, approval, catalogue: deps.catalogue });
  const state = actingState(known, { approval, inTenant, member });
  const [used, nodes] = await Promise.all([
    lastUses(deps, [grant]),
    inTenant && state === 'active' ? grantedNodes(deps, member, grant, inTenant) : [],
  ]);
  const offer = known?.version && sharedAccessOffer(known.version, received, grant, deps.catalogue);
  return {
    tenant: place.tenant,
    tenantName: displayText(membership.tenant.name),
    grant,
    member,
    face: known ? appFace(known.app, firstRedirect(inTenant)) : NO_FACE,
    state,
    inTenant,
    permissions: permissionLines(scopeOf(grant, member, inTenant), deps.catalogue),
    nodes,
    sharedAccess: offer ?? (grant.sharedAccess || known?.version?.sharedAccess ? nobodyNow(grant) : undefined),
    alsoForTenant: installation !== undefined && installationStands(installation.value, approval),
    since: grant.createdAt,
    lastUsed: used.get(grant.id),
  };
}

/** With nobody to share anything just now: there is nothing to allow, and what was allowed can still be taken back. */
const nobodyNow = ({ sharedAccess }: Grant): SharedAccessOffer => ({ label: SHARED_ACCESS_LABEL, alreadyAllowed: sharedAccess, from: [] });

const firstRedirect = (app: AppInTenant | undefined): string => app?.version.redirectUris[0] ?? 'https://invalid.example/';

const NO_FACE: AppFace = {
  name: nameOfApp(undefined),
  initial: '•',
  logo: undefined,
  developer: { name: 'an unnamed developer', uri: undefined, verified: false },
  privacyUri: undefined,
  returnsTo: { kind: 'web', text: '' },
};
