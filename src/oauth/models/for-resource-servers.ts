import type { KoaContextWithOIDC } from 'oidc-provider';

import { SHARED_ACCESS } from '#src/apps/catalogue.ts';
import type { Deps } from '#src/deps.ts';
import type { UserId } from '#src/ids.ts';
import { isWithinDataRange } from '#src/installations/installation.ts';
import { liveDelegationsTo } from '#src/tenants/delegation-store.ts';
import { findMember } from '#src/tenants/member-store.ts';

import type { TokenStanding } from '../tokens/standing.ts';

/**
 * What a resource server has to know besides the scope: whose data shared access reaches (Z3), and where a tenant
 * token's data stops (L6). With the parameter `data_owner` it also learns whether that member's data is within.
 */
export async function forResourceServers(
  deps: Deps,
  ctx: KoaContextWithOIDC,
  standing: TokenStanding,
  scope: readonly string[],
): Promise<Record<string, unknown>> {
  if (standing.identity === 'user') {
    if (!scope.includes(SHARED_ACCESS)) return {};
    const { tenant, user } = standing.grant.value;
    const delegations = await liveDelegationsTo(deps, tenant, user);
    return { shared_access_from: delegations.map(({ giver, permissions }) => ({ user: giver, permissions })) };
  }
  const { tenant, dataRange } = standing.installation.value;
  const owner = ctx.oidc.body?.['data_owner'];
  if (typeof owner !== 'string') return { data_range: dataRange };
  const member = await findMember(deps, tenant, owner as UserId);
  return { data_range: dataRange, data_owner_in_range: isWithinDataRange(dataRange, member) };
}
