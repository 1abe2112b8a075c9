import type { Deps } from '#src/deps.ts';
import type { AppId, TenantId } from '#src/ids.ts';

import { grantsOfApp } from './grant-store.ts';

const PAGE = 200;
const MOST = 1000;

/** How many members gave the app something in the tenant, as far as they are counted. */
export async function countGrants(deps: Deps, tenant: TenantId, app: AppId): Promise<{ members: number; more: boolean }> {
  let members = 0;
  let after: string | undefined;
  do {
    const page = await grantsOfApp(deps, tenant, app, { ...(after !== undefined && { after }), limit: PAGE });
    members += page.records.length;
    after = page.next;
  } while (after !== undefined && members < MOST);
  return { members, more: after !== undefined };
}
