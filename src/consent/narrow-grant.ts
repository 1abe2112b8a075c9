import { withoutKinds } from '#src/apps/resource-permissions.ts';
import type { Deps } from '#src/deps.ts';
import { AppError } from '#src/errors.ts';
import { happened, type Actor } from '#src/events.ts';
import type { ResourceGrant } from '#src/resources/resource.ts';
import type { NextValue } from '#src/storage/change-record.ts';
import { changeStanding } from '#src/storage/revoke.ts';

import { grantKey } from './grant-store.ts';
import type { Grant } from './grant.ts';

type Which = Pick<Grant, 'id' | 'tenant' | 'user' | 'app'>;

/** What is left of a grant. */
interface Left {
  readonly permissions: readonly string[];
  readonly resources?: readonly ResourceGrant[];
  readonly sharedAccess: boolean;
}

/** Takes permissions out of a grant; live opaque tokens lose them in the moment of the commit. The rest stays. */
export const narrowGrant = (deps: Deps, which: Which, without: readonly string[], actor: Actor): Promise<Grant> =>
  narrow(deps, which, undefined, actor, ({ permissions, resources, sharedAccess }) => ({
    permissions: permissions.filter((name) => !without.includes(name)),
    ...(resources && { resources: withoutKinds(resources, without) }),
    sharedAccess,
  }));

/** Leaves only these of a member's grant. Whoever else does it for them, more than is there only the member can give (I4). */
export const limitGrant = (
  deps: Deps,
  which: Which,
  { ifVersion, ...wanted }: { permissions?: readonly string[] | undefined; sharedAccess?: false | undefined; ifVersion: number | undefined },
  actor: Actor,
): Promise<Grant> =>
  narrow(deps, which, ifVersion, actor, (grant) => {
    const more = wanted.permissions?.filter((name) => !grant.permissions.includes(name)) ?? [];
    if (more.length > 0) {
      const detail = (name: string) => `"${name.slice(0, 100)}" is not granted, and only the member can grant it.`;
      throw new AppError('invalid_request', { fields: more.map((name) => ({ pointer: '/permissions', detail: detail(name) })) });
    }
    return {
      permissions: wanted.permissions ? grant.permissions.filter((name) => wanted.permissions?.includes(name)) : grant.permissions,
      sharedAccess: wanted.sharedAccess ?? grant.sharedAccess,
    };
  });

const narrow = (
  { store, clock }: Deps,
  { id, tenant, user, app }: Which,
  ifVersion: number | undefined,
  actor: Actor,
  leave: (grant: Grant) => Left,
): Promise<Grant> =>
  changeStanding(store, grantKey(tenant, user, app), ifVersion, ({ value: grant }) => {
    if (grant.id !== id) throw new AppError('not_found');
    return narrowed(grant, leave(grant), { actor, now: clock() });
  });

function narrowed(grant: Grant, left: Left, by: { actor: Actor; now: number }): NextValue<Grant> {
  const { tenant, app, user, id, permissions, resources, sharedAccess } = grant;
  const what = { tenant, app, user, grant: id };
  const kept = left.resources ?? resources ?? [];
  const onNodes = kept.length > 0 ? { resources: kept } : {};
  const fewer = left.permissions.length < permissions.length || kept.length < (resources ?? []).length;
  return {
    value: { ...grant, ...left, updatedAt: new Date(by.now).toISOString() },
    events: [
      ...(fewer ? [happened({ type: 'permissions.changed', ...what, permissions: left.permissions, ...onNodes }, by)] : []),
      ...(sharedAccess && !left.sharedAccess ? [happened({ type: 'shared_access.revoked', ...what }, by)] : []),
    ],
  };
}
