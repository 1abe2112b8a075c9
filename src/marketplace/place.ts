import { findLiveApp } from '#src/apps/app-store.ts';
import { isForTenant, type LiveApp } from '#src/apps/app.ts';
import { AppError } from '#src/errors.ts';
import type { WebContext } from '#src/http/web-context.ts';
import type { AppId, UserId } from '#src/ids.ts';
import type { InstallationDeps } from '#src/installations/installed-app.ts';
import { entitlementOf, type Entitlement } from '#src/tenants/entitlement.ts';
import { tenantsOf } from '#src/tenants/member-store.ts';
import type { Tenant } from '#src/tenants/tenant.ts';

import { readAppStanding, type AppStanding } from './app-standing.ts';

/** An app that this person (or nobody in particular) may know of: everybody's, or of a tenant of theirs. */
export async function visibleApp(deps: InstallationDeps, app: AppId, user: UserId | undefined): Promise<LiveApp> {
  const live = await findLiveApp(deps, app);
  if (live?.app.status !== 'active') throw new AppError('not_found');
  if (live.app.owner === null) return live;
  const tenants = user === undefined ? [] : await tenantsOf(deps, user);
  if (!tenants.some(({ tenant }) => isForTenant(live.app, tenant.id))) throw new AppError('not_found');
  return live;
}

/** The app that the address names. */
export const appIn = (ctx: WebContext): AppId => ctx['params'].app as AppId;

/** An app in a tenant of the person who asks. */
export interface Place {
  readonly live: LiveApp;
  readonly tenant: Tenant;
  readonly standing: AppStanding;
  readonly entitlement: Entitlement;
}

/** A tenant that is not theirs looks like one that is not there (xT1). */
export async function placeOf(deps: InstallationDeps, { app, tenant: wanted, user }: { app: AppId; tenant: string; user: UserId }): Promise<Place> {
  const [live, tenants] = await Promise.all([visibleApp(deps, app, user), tenantsOf(deps, user)]);
  const tenant = tenants.map((each) => each.tenant).find(({ id }) => id === wanted);
  if (!tenant || !isForTenant(live.app, tenant.id)) {
    throw new AppError('not_found', { detail: 'You are not a member there. If you have another account, sign in with that one.' });
  }
  const [standing, entitlement] = await Promise.all([readAppStanding(deps, tenant.id, app, user), entitlementOf(deps, tenant.id, user)]);
  if (!standing || !entitlement) throw new AppError('not_found');
  return { live, tenant, standing, entitlement };
}
