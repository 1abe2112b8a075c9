import type { Deps } from '#src/deps.ts';
import type { TenantId } from '#src/ids.ts';

import { managesApps } from './entitlement.ts';
import { membersWithRole } from './member-records.ts';
import { rolesOf } from './role-store.ts';
import { usersByIds } from './user-store.ts';

const MOST_MANAGERS = 10;
const MOST_ROLES = 200;

/** Names of those who can act in the tenant's name about apps: owners first. */
export async function appManagersOf(deps: Deps, tenant: TenantId): Promise<readonly string[]> {
  const custom = await rolesOf(deps, tenant, { limit: MOST_ROLES });
  const managing = custom.records.filter(({ value }) => managesApps(value)).map(({ value }) => value.id);
  const pages = await Promise.all(
    ['owner', 'admin', ...managing].map((role) => membersWithRole(deps, tenant, role, { status: 'active', limit: MOST_MANAGERS })),
  );
  const ids = pages.flatMap(({ records }) => records.map(({ value }) => value.user)).slice(0, MOST_MANAGERS);
  const users = await usersByIds(deps, ids);
  return ids.flatMap((id) => users.get(id)?.name ?? []);
}
