import type { Deps } from '#src/deps.ts';
import { AppError } from '#src/errors.ts';
import { happened, type Actor } from '#src/events.ts';
import { changeStanding } from '#src/storage/revoke.ts';

import { grantKey } from './grant-store.ts';
import type { Grant } from './grant.ts';

/** Takes permissions out of a grant; live opaque tokens lose them in the moment of the commit. The rest stays. */
export const narrowGrant = ({ store, clock }: Deps, { id, tenant, user, app }: Grant, without: readonly string[], actor: Actor): Promise<Grant> =>
  changeStanding(store, grantKey(tenant, user, app), undefined, ({ value: grant }) => {
    if (grant.id !== id) throw new AppError('not_found');
    const permissions = grant.permissions.filter((name) => !without.includes(name));
    const narrower = permissions.length < grant.permissions.length;
    const now = clock();
    return {
      value: { ...grant, permissions, updatedAt: new Date(now).toISOString() },
      events: narrower ? [happened({ type: 'permissions.changed', tenant, app, user, grant: id, permissions }, { actor, now })] : [],
    };
  });
