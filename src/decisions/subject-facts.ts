import type { LiveApp } from '#src/apps/app.ts';
import { approvalKey, rulesIn, rulesKey } from '#src/approvals/approval-store.ts';
import { asksForGroups, type AppInTenant } from '#src/approvals/decide.ts';
import { grantKey } from '#src/consent/grant-store.ts';
import type { ContextDeps } from '#src/contexts/context-store.ts';
import type { AppId, TenantId, UserId } from '#src/ids.ts';
import type { DataRange } from '#src/installations/installation.ts';
import { installationKey } from '#src/installations/installation-store.ts';
import type { InstallationDeps } from '#src/installations/installed-app.ts';
import type { MissingDeps } from '#src/marketplace/missing-permission.ts';
import type { ResourceKinds } from '#src/resources/resource-kind.ts';
import { withLiveGroups } from '#src/tenants/group-members.ts';
import type { Member } from '#src/tenants/member.ts';
import { memberKey } from '#src/tenants/member-store.ts';
import { tenantKey } from '#src/tenants/tenant-store.ts';
import { userKey } from '#src/tenants/user-store.ts';

import { sideOfGrant, sideOfInstallation } from './app-side.ts';
import type { AppSide } from './can.ts';
import type { Denial, Subject } from './decision.ts';
import { hindranceOfApp, hindranceOfInstallation, hindranceOfMember } from './hindrance.ts';

export interface SubjectDeps extends InstallationDeps {
  /** Live apps, at most a second old. */
  readonly apps: { find(id: AppId): Promise<LiveApp | undefined> };
}

export interface DecisionDeps extends SubjectDeps, MissingDeps, ContextDeps {
  readonly resourceKinds: ResourceKinds;
}

/** All that is to be known of who calls, whatever the call is about. */
export interface SubjectFacts {
  readonly hindrance?: Denial;
  readonly app?: AppSide;
  readonly member?: Member;
  /** Of an app that acts by itself. */
  readonly dataRange?: DataRange;
}

/** One round trip. */
export function readSubject(deps: SubjectDeps, tenant: TenantId, subject: Subject): Promise<SubjectFacts> {
  if (subject.type === 'user') return readMemberAlone(deps, tenant, subject.user);
  if (subject.type === 'app') return readAppAlone(deps, tenant, subject.app);
  if (subject.type === 'user+app') return readMemberInApp(deps, tenant, subject);
  return readGuest(deps, tenant, subject.type === 'guest+app' ? subject.app : null);
}

async function readMemberAlone({ store }: SubjectDeps, tenant: TenantId, user: UserId): Promise<SubjectFacts> {
  const [tenantRecord, person, member] = await store.read(tenantKey(tenant), userKey(user), memberKey(tenant, user));
  const hindrance = hindranceOfMember(tenantRecord?.value, person?.value, member?.value);
  return { ...(hindrance && { hindrance }), ...(member && { member: member.value }) };
}

/** Somebody who is no member can have given an app nothing. */
async function readGuest(deps: SubjectDeps, tenant: TenantId, app: AppId | null): Promise<SubjectFacts> {
  const [tenantRecord] = await deps.store.read(tenantKey(tenant));
  if (tenantRecord?.value.status !== 'active') return { hindrance: { code: 'member_inactive', side: 'user' } };
  if (app === null) return {};
  const hindrance = hindranceOfApp(await readApp(deps, tenant, app));
  return { ...(hindrance && { hindrance }), app: { identity: 'user', connected: false, permissions: [], nodes: [], appOnly: false } };
}

async function readMemberInApp(deps: SubjectDeps, tenant: TenantId, { user, app }: { user: UserId; app: AppId }): Promise<SubjectFacts> {
  const [[tenantRecord, person, member, grant], standing] = await Promise.all([
    deps.store.read(tenantKey(tenant), userKey(user), memberKey(tenant, user), grantKey(tenant, user, app)),
    readApp(deps, tenant, app),
  ]);
  const gone = hindranceOfMember(tenantRecord?.value, person?.value, member?.value);
  if (gone || !member) return { ...(gone && { hindrance: gone }) };
  // Whether a group still counts only matters where groups decide.
  const present = standing && asksForGroups(standing) ? await withLiveGroups(deps, member.value) : member.value;
  const hindrance = hindranceOfApp(standing, present);
  if (hindrance || !standing) return { ...(hindrance && { hindrance }), member: member.value };
  return { app: sideOfGrant(grant?.value, present, standing), member: member.value };
}

async function readAppAlone(deps: SubjectDeps, tenant: TenantId, app: AppId): Promise<SubjectFacts> {
  const [[tenantRecord, installation], standing] = await Promise.all([
    deps.store.read(tenantKey(tenant), installationKey(tenant, app)),
    readApp(deps, tenant, app),
  ]);
  const shut = hindranceOfApp(standing);
  if (shut || !standing) return { ...(shut && { hindrance: shut }) };
  const hindrance = hindranceOfInstallation(tenantRecord?.value, installation?.value, standing);
  if (hindrance || !installation) return { ...(hindrance && { hindrance }) };
  return { app: sideOfInstallation(installation.value, standing), dataRange: installation.value.dataRange };
}

/** `undefined` for an app without a version in use. */
async function readApp(deps: SubjectDeps, tenant: TenantId, app: AppId): Promise<AppInTenant | undefined> {
  const [[approval, rules], live] = await Promise.all([deps.store.read(approvalKey(tenant, app), rulesKey(tenant)), deps.apps.find(app)]);
  return live && { ...live, rules: rulesIn(rules, tenant), approval: approval?.value, catalogue: deps.catalogue };
}
