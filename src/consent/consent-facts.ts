import { findLiveApp } from '#src/apps/app-store.ts';
import type { Catalogue } from '#src/apps/catalogue.ts';
import type { Deps } from '#src/deps.ts';
import { AppError } from '#src/errors.ts';
import type { PendingRequest } from '#src/sign-in/pending-request.ts';
import { liveDelegationsTo } from '#src/tenants/delegation-store.ts';
import { tenantsOf } from '#src/tenants/member-store.ts';
import { findUser, usersByIds } from '#src/tenants/user-store.ts';
import type { TenantId, UserId } from '#src/ids.ts';

import { chooseTenant } from './choose-tenant.ts';
import type { ConsentFacts } from './consent-view.ts';
import { currentGrant } from './grant-store.ts';
import type { ReceivedDelegation } from './shared-access-offer.ts';

export interface ConsentFactsDeps extends Deps {
  readonly catalogue: Catalogue;
}

/** Everything that the page is made from, for the tenant that is wanted or the one that the app named. */
export async function consentFacts(
  deps: ConsentFactsDeps,
  request: PendingRequest,
  wanted: string | undefined,
): Promise<ConsentFacts> {
  const { app, user } = request;
  if (user === undefined) throw new AppError('interaction_expired');
  const [person, memberships, live] = await Promise.all([findUser(deps, user), tenantsOf(deps, user), findLiveApp(deps, app)]);
  if (person === undefined || person.status !== 'active') throw new AppError('interaction_expired');
  if (live === undefined || live.app.status !== 'active') throw new AppError('app_disabled');

  const facts = { request, person, memberships, live, catalogue: deps.catalogue };
  const membership = chooseTenant(memberships, wanted ?? request.tenantHint);
  if (membership === undefined) return { ...facts, chosen: undefined };

  const tenant = membership.tenant.id;
  const [{ slotVersion, grant }, received] = await Promise.all([
    currentGrant(deps, tenant, user, app),
    live.version.sharedAccess ? receivedDelegations(deps, tenant, user) : [],
  ]);
  return { ...facts, chosen: { ...membership, slotVersion, grant, received } };
}

async function receivedDelegations(deps: Deps, tenant: TenantId, user: UserId): Promise<readonly ReceivedDelegation[]> {
  const delegations = await liveDelegationsTo(deps, tenant, user);
  const givers = await usersByIds(deps, delegations.map(({ giver }) => giver));
  return delegations.map((delegation) => ({ delegation, giverName: givers.get(delegation.giver)?.name ?? '' }));
}
