import { findLiveApp } from '#src/apps/app-store.ts';
import { isForTenant } from '#src/apps/app.ts';
import type { Catalogue } from '#src/apps/catalogue.ts';
import type { Deps } from '#src/deps.ts';
import { AppError } from '#src/errors.ts';
import type { AppId, TenantId } from '#src/ids.ts';
import { asRead, type Expectation } from '#src/storage/record-store.ts';

import { approvalKey, readApprovalFacts, rulesKey, type ApprovalFacts } from './approval-store.ts';
import type { AppInTenant } from './decide.ts';

export interface ApprovalDeps extends Deps {
  readonly catalogue: Catalogue;
}

/** An app as a tenant decides on it, and what has to be so for the decision to be about just that. */
export interface AppFacts extends ApprovalFacts {
  readonly standing: AppInTenant;
  readonly expect: readonly Expectation[];
}

/** `not_found` for an app without a version in use, `app_disabled` for one that the operator switched off. */
export async function readAppFacts(deps: ApprovalDeps, tenant: TenantId, app: AppId): Promise<AppFacts> {
  const [live, facts] = await Promise.all([findLiveApp(deps, app), readApprovalFacts(deps, tenant, app)]);
  if (!live || !isForTenant(live.app, tenant)) throw new AppError('not_found', { detail: 'There is no such app, or no version of it is in use.' });
  if (live.app.status !== 'active') throw new AppError('app_disabled');
  const { rules, approval, rulesRecord, approvalRecord } = facts;
  return {
    ...facts,
    standing: { ...live, rules, approval, catalogue: deps.catalogue },
    expect: [asRead(approvalKey(tenant, app), approvalRecord), asRead(rulesKey(tenant), rulesRecord)],
  };
}
