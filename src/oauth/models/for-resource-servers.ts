import type { KoaContextWithOIDC } from 'oidc-provider';

import { SHARED_ACCESS } from '#src/apps/catalogue.ts';
import type { UserId } from '#src/ids.ts';
import { isWithinDataRange } from '#src/installations/installation.ts';
import { missingPermission } from '#src/marketplace/missing-permission.ts';
import { liveDelegationsTo } from '#src/tenants/delegation-store.ts';
import { withLiveGroups } from '#src/tenants/group-members.ts';
import { findMember } from '#src/tenants/member-store.ts';

import type { OAuthDeps } from '../oauth-deps.ts';
import type { TenantStanding, TokenStanding, UserStanding } from '../tokens/standing.ts';

/**
 * What a resource server has to know besides the scope: whose data shared access reaches (Z3), where a tenant token's
 * data stops (L6), and, when it names in `permission` what a call needs and the token lacks, who can grant it (L7).
 */
export async function forResourceServers(
  deps: OAuthDeps,
  ctx: KoaContextWithOIDC,
  standing: TokenStanding,
  scope: readonly string[],
): Promise<Record<string, unknown>> {
  const { data_owner: owner, permission } = ctx.oidc.body ?? {};
  return {
    ...(standing.identity === 'user' ? await sharedAccess(deps, standing, scope) : await dataRange(deps, standing, owner)),
    ...(typeof permission === 'string' && !scope.includes(permission) ? await missing(deps, standing, permission) : {}),
  };
}

async function sharedAccess(deps: OAuthDeps, { grant }: UserStanding, scope: readonly string[]) {
  if (!scope.includes(SHARED_ACCESS)) return {};
  const delegations = await liveDelegationsTo(deps, grant.value.tenant, grant.value.user);
  return { shared_access_from: delegations.map(({ giver, permissions }) => ({ user: giver, permissions })) };
}

/** With `data_owner` it also learns whether that member's data is within the range. */
async function dataRange(deps: OAuthDeps, { installation }: TenantStanding, owner: unknown) {
  const { tenant, dataRange: range } = installation.value;
  if (typeof owner !== 'string') return { data_range: range };
  const member = await findMember(deps, tenant, owner as UserId);
  const present = member && range.kind === 'some' ? await withLiveGroups(deps, member) : member;
  return { data_range: range, data_owner_in_range: isWithinDataRange(range, present) };
}

async function missing(deps: OAuthDeps, standing: TokenStanding, permission: string) {
  const { tenant, app } = standing.identity === 'user' ? standing.grant.value : standing.installation.value;
  const { identity } = standing;
  const user = standing.identity === 'user' ? { user: standing.grant.value.user } : {};
  return { missing: await missingPermission(deps, { tenant, app, identity, permission, ...user }) };
}
