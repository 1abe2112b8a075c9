import type { Deps } from '#src/deps.ts';
import { AppError } from '#src/errors.ts';
import type { WebContext, WebMiddleware } from '#src/http/web-context.ts';
import type { TenantId } from '#src/ids.ts';
import { entitlementOf, type Entitlement } from '#src/tenants/entitlement.ts';
import type { Capability } from '#src/tenants/role.ts';
import { findTenant } from '#src/tenants/tenant-store.ts';

import { signedInOf } from './signed-in.ts';

/** Behind `requireSignedIn`, on a path with `:tenant`. A tenant that is not theirs to see looks like none at all (I5). */
export const enterAdmin =
  (deps: Deps, may: (entitlement: Entitlement, ctx: WebContext) => boolean | Promise<boolean>): WebMiddleware =>
  async (ctx, next) => {
    const id = (ctx as { params?: Record<string, string> }).params?.['tenant'] as TenantId;
    const [tenant, entitlement] = await Promise.all([findTenant(deps, id), entitlementOf(deps, id, signedInOf(ctx).user.id)]);
    if (tenant?.status !== 'active' || !entitlement || !(await may(entitlement, ctx))) throw new AppError('not_found');
    ctx.state.admin = { tenant, member: entitlement.member, capabilities: entitlement.capabilities };
    await next();
  };

/** For members who have one of the capabilities. */
export const requireAdmin = (deps: Deps, ...anyOf: readonly Capability[]): WebMiddleware =>
  enterAdmin(deps, ({ capabilities }) => anyOf.some((capability) => capabilities.includes(capability)));
