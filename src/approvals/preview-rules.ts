import { findLiveApp } from '#src/apps/app-store.ts';
import type { LiveApp } from '#src/apps/app.ts';
import type { Catalogue } from '#src/apps/catalogue.ts';
import type { Deps } from '#src/deps.ts';
import type { AppId, TenantId } from '#src/ids.ts';

import { readRules, type RulesChanges } from './change-rules.ts';
import { approvalKey } from './approval-store.ts';
import type { Approval } from './approval.ts';
import { IDENTITIES } from './check-approval.ts';
import { checkRules } from './check-rules.ts';
import { availabilityOf, decide, declaredFor } from './decide.ts';
import type { Identity, Rules, Treatment } from './rules.ts';
import { tenantApps } from './tenant-apps.ts';

/** What an app holds in a tenant; `more` when there are more grants than were counted. */
export interface AppUsage {
  readonly members: number;
  readonly more: boolean;
  readonly installed: boolean;
}

/** Consent and installations are further down the order of slices: the composition root hands this in. */
export type UsageOf = (tenant: TenantId, app: AppId) => Promise<AppUsage>;

export interface AppInUse extends LiveApp {
  readonly approval: Approval | undefined;
}

export interface PermissionChange {
  readonly permission: string;
  readonly identity: Identity;
  readonly from: Treatment;
  readonly to: Treatment;
}

export interface AppChange {
  readonly app: AppInUse['app'];
  readonly permissions: readonly PermissionChange[];
  /** Whether it is there for other members than before. */
  readonly availability: boolean;
}

/** What other rules would do to the apps in use: only those for which something changes. */
function previewRules(before: Rules, after: Rules, apps: readonly AppInUse[], catalogue: Catalogue): AppChange[] {
  return apps.flatMap((inUse) => {
    const [old, next] = [before, after].map((rules) => ({ ...inUse, rules, catalogue })) as [Parameters<typeof decide>[2], Parameters<typeof decide>[2]];
    const permissions = IDENTITIES.flatMap((identity) =>
      declaredFor(inUse.version, identity).flatMap((permission): PermissionChange[] => {
        const [from, to] = [decide(permission, identity, old).treatment, decide(permission, identity, next).treatment];
        return from === to ? [] : [{ permission, identity, from, to }];
      }),
    );
    const availability = JSON.stringify(availabilityOf(old)) !== JSON.stringify(availabilityOf(next));
    return permissions.length > 0 || availability ? [{ app: inUse.app, permissions, availability }] : [];
  });
}

export interface RulesPreview {
  readonly rules: Rules;
  readonly changes: readonly (AppChange & { readonly usage: AppUsage })[];
  /** How many apps were looked at; `more` when there are more than can be looked at here. */
  readonly apps: number;
  readonly more: boolean;
}

const MOST_APPS = 500;

export async function previewRulesChange(
  deps: Deps & { readonly catalogue: Catalogue; readonly usageOf: UsageOf },
  tenant: TenantId,
  changes: RulesChanges,
): Promise<RulesPreview> {
  const { rules: before } = await readRules(deps, tenant);
  const after = await checkRules(deps, { ...before, ...changes, tenant });
  const { apps, more } = await appsInUse(deps, tenant);
  const found = previewRules(before, after, apps, deps.catalogue);
  const usages = await Promise.all(found.map(({ app }) => deps.usageOf(tenant, app.id)));
  const used = found.flatMap((change, place) => {
    const usage = usages[place];
    return usage && (usage.members > 0 || usage.installed || isApproved(change, apps)) ? [{ ...change, usage }] : [];
  });
  return { rules: after, changes: used, apps: apps.length, more };
}

const isApproved = ({ app }: AppChange, apps: readonly AppInUse[]): boolean =>
  apps.some((each) => each.app.id === app.id && each.approval?.status === 'approved');

export async function appsInUse(deps: Deps, tenant: TenantId, limit = MOST_APPS): Promise<{ apps: AppInUse[]; more: boolean }> {
  const { records, next } = await tenantApps(deps, tenant, { limit });
  const ids = records.map(({ value }) => value.app);
  const [approvals, lives] = await Promise.all([
    deps.store.read(...ids.map((app) => approvalKey(tenant, app))),
    Promise.all(ids.map((app) => findLiveApp(deps, app))),
  ]);
  const apps = lives.flatMap((live, place): AppInUse[] => (live ? [{ ...live, approval: approvals[place]?.value }] : []));
  return { apps, more: next !== undefined };
}
