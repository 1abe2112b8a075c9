import type { Deps } from '#src/deps.ts';
import { AppError } from '#src/errors.ts';
import { happened, type Actor } from '#src/events.ts';
import type { AppId, GrantId, TenantId, UserId } from '#src/ids.ts';
import { changeStanding } from '#src/storage/revoke.ts';

import type { Grant } from './grant.ts';
import { confirmNoGrantOf, grantKey, readGrant, revokeGrant } from './grant-store.ts';

export interface GrantPlace {
  readonly tenant: TenantId;
  readonly user: UserId;
  readonly app: AppId;
  /** Meant is this one, and none that was given anew since. */
  readonly grant?: GrantId;
}

/**
 * Passes the member's shared access on to one app, or takes that back (Z5). Live opaque tokens gain or lose
 * `shared_access` with it, because they are read through the grant; everything else of the grant stays.
 */
export const setSharedAccess = (deps: Deps, { tenant, user, app, grant: id }: GrantPlace, allowed: boolean, actor: Actor): Promise<Grant> =>
  changeStanding(deps.store, grantKey(tenant, user, app), undefined, ({ value: grant }) => {
    if (id !== undefined && grant.id !== id) throw new AppError('not_found');
    const now = deps.clock();
    const type = allowed ? 'shared_access.granted' : 'shared_access.revoked';
    return {
      value: { ...grant, sharedAccess: allowed, updatedAt: new Date(now).toISOString() },
      events: grant.sharedAccess === allowed ? [] : [happened({ type, tenant, app, user, grant: grant.id }, { actor, now })],
    };
  });

/** Takes the app out for one member: the grant and all that hangs on it end at once. */
export async function removeGrant(deps: Deps, { tenant, user, app, grant: id }: GrantPlace, actor: Actor): Promise<void> {
  const record = await readGrant(deps, tenant, user, app);
  if (!record) await confirmNoGrantOf(deps, tenant, user, app);
  if (!record || (id !== undefined && record.value.id !== id)) throw new AppError('not_found');
  await revokeGrant(deps, record, actor);
}
