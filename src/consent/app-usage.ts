import { readApprovalFacts } from '#src/approvals/approval-store.ts';
import type { AppUsage, UsageOf } from '#src/approvals/preview-rules.ts';
import type { Deps } from '#src/deps.ts';
import type { AppId, TenantId } from '#src/ids.ts';
import { installationStands } from '#src/installations/installed-app.ts';
import { readInstallation } from '#src/installations/installation-store.ts';

import { grantsOfApp } from './grant-store.ts';
import { standingGrants } from './standing-grants.ts';

const PAGE = 200;
const MOST_PAGES = 5;

/** What an app holds in a tenant, for those who decide on it. */
export const usageOf =
  (deps: Deps): UsageOf =>
  async (tenant, app) => {
    const [grants, installation, { approval }] = await Promise.all([
      countGrants(deps, tenant, app),
      readInstallation(deps, tenant, app),
      readApprovalFacts(deps, tenant, app),
    ]);
    return { ...grants, installed: installation !== undefined && installationStands(installation.value, approval) };
  };

async function countGrants(deps: Deps, tenant: TenantId, app: AppId): Promise<Pick<AppUsage, 'members' | 'more'>> {
  let members = 0;
  let after: string | undefined;
  let pages = 0;
  do {
    const page = await grantsOfApp(deps, tenant, app, { ...(after !== undefined && { after }), limit: PAGE });
    members += (await standingGrants(deps, page.records)).length;
    after = page.next;
    pages += 1;
  } while (after !== undefined && pages < MOST_PAGES);
  return { members, more: after !== undefined };
}
