import { resourcePermission, resourcesOf } from '#src/apps/resource-permissions.ts';
import type { AppInTenant } from '#src/approvals/decide.ts';
import { readOpenReview, reviewsOfApp } from '#src/approvals/review-store.ts';
import { effectiveResources, grantStands } from '#src/consent/effective-permissions.ts';
import { grantKey, grantsOfApp } from '#src/consent/grant-store.ts';
import type { Grant } from '#src/consent/grant.ts';
import { heldFor, reachableNodes } from '#src/consent/held-nodes.ts';
import type { Identity } from '#src/approvals/rules.ts';
import type { AppId, TenantId, UserId } from '#src/ids.ts';
import { readInstalledApp, type InstallationDeps, type InstalledApp } from '#src/installations/installed-app.ts';
import type { Member } from '#src/tenants/member.ts';
import { memberKey } from '#src/tenants/member-store.ts';
import { isActive } from '#src/tenants/member.ts';
import type { StoredRecord } from '#src/storage/record-store.ts';

import type { PermissionFacts } from './permission-state.ts';

/** Everything that stands between an app and a tenant, and one of its members if one is meant. */
export interface AppStanding extends Omit<InstalledApp, 'app'>, PermissionFacts {
  readonly member: StoredRecord<Member> | undefined;
  /** The member's grant, if it still counts. */
  readonly grant: StoredRecord<Grant> | undefined;
  /** Where the member's grant is, whether or not it counts. */
  readonly grantRecord: StoredRecord<Grant> | undefined;
}

/** `undefined` for an app without a version in use. */
export async function readAppStanding(
  deps: InstallationDeps,
  tenant: TenantId,
  app: AppId,
  user?: UserId,
): Promise<AppStanding | undefined> {
  const [installed, { open }, decided, [member, grantRecord]] = await Promise.all([
    readInstalledApp(deps, tenant, app),
    readOpenReview(deps, tenant, app),
    reviewsOfApp(deps, tenant, app, 'decided', { limit: 1 }),
    user === undefined ? [undefined, undefined] : deps.store.read(memberKey(tenant, user), grantKey(tenant, user, app)),
  ]);
  const { app: inTenant } = installed;
  if (!inTenant) return undefined;
  const active = isActive(member?.value) ? member : undefined;
  const grant = active && grantRecord && grantStands(grantRecord.value, active.value, inTenant) ? grantRecord : undefined;
  const [ofMember, ofTenant] = await Promise.all([heldIn(deps, grant?.value, 'user', inTenant), heldIn(deps, installed.installation?.value, 'tenant', inTenant)]);
  return {
    ...installed,
    app: inTenant,
    member: active,
    grant,
    grantRecord,
    held: { user: ofMember, tenant: ofTenant },
    open: open?.value,
    last: decided.records[0]?.value,
  };
}

/** What it asks for on nodes is held when it has it on any that can be reached. */
async function heldIn(deps: InstallationDeps, given: Pick<Grant, 'permissions' | 'resources'> | undefined, identity: Identity, app: AppInTenant): Promise<string[]> {
  const nodes = await reachableNodes(deps, app.rules.tenant, effectiveResources(given?.resources, identity, app));
  const asked = resourcesOf(app.version, identity).filter((each) => heldFor({ ...each, identifier: null }, nodes).length > 0);
  return [...(given?.permissions ?? []), ...asked.map((each) => resourcePermission(identity, each))];
}

/** Whether the app has, had or asks for anything in the tenant: else the tenant is as good as unknown to it. */
export async function isKnownTo(deps: InstallationDeps, tenant: TenantId, app: AppId, standing: AppStanding): Promise<boolean> {
  if (standing.installation ?? standing.approval ?? standing.open ?? standing.last) return true;
  return (await grantsOfApp(deps, tenant, app, { limit: 1 })).records.length > 0;
}
