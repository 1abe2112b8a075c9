import type { AppUsage, UsageOf } from '#src/approvals/preview-rules.ts';
import type { Deps } from '#src/deps.ts';
import type { AppId, TenantId } from '#src/ids.ts';
import { readInstallation } from '#src/installations/installation-store.ts';

import { grantsOfApp } from './grant-store.ts';

const PAGE = 200;
const MOST = 1000;

/** What an app holds in a tenant, for those who decide on it. */
export const usageOf =
  (deps: Deps): UsageOf =>
  async (tenant, app) => {
    const [grants, installation] = await Promise.all([countGrants(deps, tenant, app), readInstallation(deps, tenant, app)]);
    return { ...grants, installed: installation !== undefined };
  };

async function countGrants(deps: Deps, tenant: TenantId, app: AppId): Promise<Pick<AppUsage, 'members' | 'more'>> {
  let members = 0;
  let after: string | undefined;
  do {
    const page = await grantsOfApp(deps, tenant, app, { ...(after !== undefined && { after }), limit: PAGE });
    members += page.records.length;
    after = page.next;
  } while (after !== undefined && members < MOST);
  return { members, more: after !== undefined };
}
