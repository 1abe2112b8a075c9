import { readAppFacts, type ApprovalDeps } from '#src/approvals/app-facts.ts';
import { decide, mayUse } from '#src/approvals/decide.ts';
import { AppError } from '#src/errors.ts';
import { happened } from '#src/events.ts';
import type { GrantId, UserId } from '#src/ids.ts';
import { nameOf } from '#src/resources/resource.ts';
import type { Expectation } from '#src/storage/record-store.ts';
import { changeStanding } from '#src/storage/revoke.ts';
import { entitlementOf } from '#src/tenants/entitlement.ts';
import { withLiveGroups } from '#src/tenants/group-members.ts';

import type { GrantPlace } from './change-grant.ts';
import type { Grant } from './grant.ts';
import { grantKey } from './grant-store.ts';
import type { PermissionUpdate } from './permission-choices.ts';

/**
 * The member's own yes and no on their account page, in one commit: what is added needs nobody's approval (any more),
 * what is taken away is gone from live opaque tokens in that moment. `consent_changed` when the page was about
 * something else than what stands there now.
 */
export const updateGrant = (
  deps: ApprovalDeps,
  { tenant, user, app, grant: id }: GrantPlace & { readonly grant: GrantId },
  { add, remove, removeNodes }: PermissionUpdate,
): Promise<Grant> =>
  changeStanding(deps.store, grantKey(tenant, user, app), undefined, async ({ value: grant }) => {
    if (grant.id !== id) throw new AppError('consent_changed');
    const permissions = [...new Set([...grant.permissions, ...add])].filter((name) => !remove.includes(name));
    const resources = grant.resources?.filter((node) => !removeNodes.includes(nameOf(node))) ?? [];
    const fewer = remove.some((name) => grant.permissions.includes(name)) || resources.length < (grant.resources?.length ?? 0);
    const changed = fewer || add.some((name) => !grant.permissions.includes(name));
    const now = deps.clock();
    return {
      value: {
        ...grant,
        permissions,
        ...(grant.resources && { resources }),
        declined: [...new Set([...grant.declined, ...remove])].filter((name) => !permissions.includes(name)),
        requested: grant.requested.filter((name) => !permissions.includes(name)),
        updatedAt: new Date(now).toISOString(),
      },
      expect: add.length === 0 ? [] : await mayAdd(deps, grant, add, user),
      events: changed
        ? [happened({ type: 'permissions.changed', tenant, app, user, grant: id, permissions, ...(resources.length > 0 && { resources }) }, { actor: { kind: 'user', id: user }, now })]
        : [],
    };
  });

/** I4: grant ⊆ approval ⊆ declared, by what has to be so in the commit. */
async function mayAdd(deps: ApprovalDeps, grant: Grant, add: readonly string[], user: UserId): Promise<readonly Expectation[]> {
  const [{ standing, expect }, entitlement] = await Promise.all([readAppFacts(deps, grant.tenant, grant.app), entitlementOf(deps, grant.tenant, user)]);
  const sameStay = entitlement?.member.membership === grant.membership;
  const allowed = sameStay && mayUse(await withLiveGroups(deps, entitlement.member), standing);
  if (!allowed || add.some((name) => decide(name, 'user', standing).treatment !== 'auto')) throw new AppError('consent_changed');
  return [...expect, ...entitlement.expect];
}
