import { findLiveApp } from '#src/apps/app-store.ts';
import type { Catalogue } from '#src/apps/catalogue.ts';
import { approvalKey, rulesIn, rulesKey } from '#src/approvals/approval-store.ts';
import type { Approval } from '#src/approvals/approval.ts';
import { generationOf, type AppInTenant } from '#src/approvals/decide.ts';
import type { Rules } from '#src/approvals/rules.ts';
import type { Deps } from '#src/deps.ts';
import type { AppId, TenantId } from '#src/ids.ts';
import type { Page, StoredRecord } from '#src/storage/record-store.ts';

import type { Installation } from './installation.ts';
import { installationKey } from './installation-records.ts';
import { installationsOf, installationsOfApp } from './installation-store.ts';
import { searchInstallationsOfApp } from './search-installations.ts';

export interface InstallationDeps extends Deps {
  readonly catalogue: Catalogue;
}

/** One that was given under an earlier generation of the approval is over, though its record may still be there. */
export const installationStands = (installation: Installation, approval: Approval | undefined): boolean =>
  installation.generation === generationOf(approval);

/** What a tenant makes of an app, and the installation if one stands. */
export interface InstalledApp {
  /** `undefined` for an app without a version in use. */
  readonly app: AppInTenant | undefined;
  readonly approval: Approval | undefined;
  readonly approvalRecord: StoredRecord<Approval> | undefined;
  readonly rulesRecord: StoredRecord<Rules> | undefined;
  readonly installation: StoredRecord<Installation> | undefined;
}

export async function readInstalledApp(deps: InstallationDeps, tenant: TenantId, app: AppId): Promise<InstalledApp> {
  const [[installation, approvalRecord, rules], live] = await Promise.all([
    deps.store.read(installationKey(tenant, app), approvalKey(tenant, app), rulesKey(tenant)),
    findLiveApp(deps, app),
  ]);
  const approval = approvalRecord?.value;
  return {
    app: live && { ...live, rules: rulesIn(rules, tenant), approval, catalogue: deps.catalogue },
    approval,
    approvalRecord,
    rulesRecord: rules,
    installation: installation && installationStands(installation.value, approval) ? installation : undefined,
  };
}

/** Those that stand, with all approvals read at once. */
async function standing({ store }: Deps, page: Page<Installation>): Promise<Page<Installation>> {
  const approvals = await store.read(...page.records.map(({ value }) => approvalKey(value.tenant, value.app)));
  return { ...page, records: page.records.filter(({ value }, place) => installationStands(value, approvals[place]?.value)) };
}

type ListPage = { readonly after?: string | undefined; readonly limit: number };

export const standingInstallationsOf = async (deps: Deps, tenant: TenantId, page: ListPage): Promise<Page<Installation>> =>
  standing(deps, await installationsOf(deps, tenant, page));

/** With `search`, only in tenants of such a name. */
export const standingInstallationsOfApp = async (deps: Deps, app: AppId, { search, ...page }: ListPage & { readonly search?: string | undefined }): Promise<Page<Installation>> =>
  standing(deps, await (search === undefined ? installationsOfApp(deps, app, page) : searchInstallationsOfApp(deps, { app, text: search, ...page })));
