import { noteTenantApp } from '#src/approvals/tenant-apps.ts';
import type { Deps } from '#src/deps.ts';
import { happened, type Actor, type AssentEvent } from '#src/events.ts';
import { newId, shardOfId, type AppId, type GrantId, type TenantId, type UserId } from '#src/ids.ts';
import {
  absent,
  asRead,
  defineKind,
  put,
  remove,
  unchanged,
  type Expectation,
  type IndexQuery,
  type Key,
  type Page,
  type StoredRecord,
  type Write,
} from '#src/storage/record-store.ts';
import { withMore } from '#src/resources/resource.ts';
import { confirmNone, revoke } from '#src/storage/revoke.ts';
import { shardOf } from '#src/storage/shards.ts';
import { expectEntitled, managesApps } from '#src/tenants/entitlement.ts';

import type { ConsentDecision, Grant, GrantManner } from './grant.ts';

/**
 * A grant stands under (tenant, user, app), so there can be only one (L5). Its absence or version is what consent
 * pages and codes are bound to, and it makes revocation one write: whatever was read through it is dead.
 */
const GRANT = defineKind<Grant>('grant', {
  schema: 1,
  indexes: (grant) => [
    { index: 'by-user', of: JSON.stringify([grant.tenant, grant.user]), sort: grant.createdAt },
    { index: 'by-app', of: JSON.stringify([grant.tenant, grant.app]), sort: grant.createdAt },
    // Apart for each generation, so that an app that was removed with a hundred thousand grants has none to look through.
    { index: 'current', of: JSON.stringify([grant.tenant, grant.app, grant.generation]), sort: grant.createdAt },
    ...(grant.sharedAccess ? [{ index: 'sharing', of: JSON.stringify([grant.tenant, grant.app, grant.generation]), sort: grant.createdAt }] : []),
    ...(grant.sharedAccess ? [{ index: 'sharing-by-user', of: JSON.stringify([grant.tenant, grant.user]), sort: grant.createdAt }] : []),
  ],
});

/** Where the grant with an id is. Written and removed with it. */
const GRANT_PLACE = defineKind<{ tenant: TenantId; user: UserId; app: AppId }>('grant-place', { schema: 1 });

export const grantKey = (tenant: TenantId, user: UserId, app: AppId): Key<Grant> => ({
  shard: shardOf(tenant),
  kind: GRANT,
  id: JSON.stringify([tenant, user, app]),
});

const placeKey = (id: GrantId, tenant: TenantId) => ({ shard: shardOf(tenant), kind: GRANT_PLACE, id });

export async function readGrant(
  { store }: Deps,
  tenant: TenantId,
  user: UserId,
  app: AppId,
): Promise<StoredRecord<Grant> | undefined> {
  const [record] = await store.read(grantKey(tenant, user, app));
  return record;
}

export async function findGrantById(deps: Deps, id: string): Promise<StoredRecord<Grant> | undefined> {
  const shard = shardOfId('grant', id);
  if (shard === undefined) return undefined;
  const [place] = await deps.store.read({ shard, kind: GRANT_PLACE, id });
  if (!place) return undefined;
  const record = await readGrant(deps, place.value.tenant, place.value.user, place.value.app);
  return record?.value.id === id ? record : undefined;
}

/** As the consent page needs it: the version of the place (`null` when nothing stands there) and the grant in it. */
export async function currentGrant(
  deps: Deps,
  tenant: TenantId,
  user: UserId,
  app: AppId,
): Promise<{ slotVersion: number | null; grant: Grant | undefined }> {
  const record = await readGrant(deps, tenant, user, app);
  return { slotVersion: record?.version ?? null, grant: record?.value };
}

type GrantList = Pick<IndexQuery<Grant>, 'after' | 'limit' | 'direction'>;

export const grantsOfUser = ({ store }: Deps, tenant: TenantId, user: UserId, page: GrantList): Promise<Page<Grant>> =>
  store.scan({ shard: shardOf(tenant), kind: GRANT, index: 'by-user', of: JSON.stringify([tenant, user]), ...page });

/** Those through which the member passes shared access on. */
export const sharingGrantsOfUser = ({ store }: Deps, tenant: TenantId, user: UserId, page: GrantList): Promise<Page<Grant>> =>
  store.scan({ shard: shardOf(tenant), kind: GRANT, index: 'sharing-by-user', of: JSON.stringify([tenant, user]), ...page });

export const grantsOfApp = ({ store }: Deps, tenant: TenantId, app: AppId, page: GrantList): Promise<Page<Grant>> =>
  store.scan({ shard: shardOf(tenant), kind: GRANT, index: 'by-app', of: JSON.stringify([tenant, app]), ...page });

/** Those of one generation of the approval, the newest first; of all, or of those that pass shared access on. */
export const currentGrantsOfApp = (
  { store }: Deps,
  { tenant, app, generation }: Pick<Grant, 'tenant' | 'app' | 'generation'>,
  { sharing = false, ...page }: GrantList & { readonly sharing?: boolean },
): Promise<Page<Grant>> =>
  store.scan({
    shard: shardOf(tenant),
    kind: GRANT,
    index: sharing ? 'sharing' : 'current',
    of: JSON.stringify([tenant, app, generation]),
    direction: 'descending',
    ...page,
  });

/** A change to be committed together with something else in the tenant's shard: the code, say. */
export interface GrantChange {
  readonly grant: Grant;
  readonly expect: readonly Expectation[];
  readonly write: readonly Write[];
  readonly events: readonly AssentEvent[];
}

const union = (left: readonly string[], right: readonly string[]): string[] => [...new Set([...left, ...right])];

/**
 * The grant after a person's decision: what was shown and ticked joins what was granted before (L5), what was shown
 * and left is remembered as declined. `asked` are the scope values that the person could tick.
 */
export function grantChange(
  decision: ConsentDecision,
  { before, user, app, asked, generation, manner = 'merge', now }: {
    before: StoredRecord<Grant> | undefined;
    user: UserId;
    app: AppId;
    asked: readonly string[];
    /** Of the approval as it is now; a grant of an earlier one is dead. */
    generation: number;
    manner?: GrantManner;
    now: number;
  },
): GrantChange {
  const { tenant, sharedAccess, basis } = decision;
  const stands = before?.value.membership === basis.membership && before.value.generation === generation;
  const standing = stands && manner !== 'create' ? before?.value : undefined;
  /** What the yes adds to. */
  const kept = manner === 'merge' ? standing : undefined;
  const at = new Date(now).toISOString();
  const permissions = union(kept?.permissions ?? [], decision.permissions);
  const resources = withMore(kept?.resources ?? [], decision.resources ?? []);
  const chosen = (decision.resources ?? []).map(({ permission }) => permission);
  const grant: Grant = {
    id: standing?.id ?? newId('grant', shardOf(tenant)),
    tenant,
    user,
    membership: basis.membership,
    app,
    permissions,
    declined: union(union(kept?.declined ?? [], asked), decision.leftResources ?? []).filter((name) => !permissions.includes(name) && !chosen.includes(name)),
    requested: union(kept?.requested ?? [], decision.requested ?? []).filter((name) => !permissions.includes(name)),
    sharedAccess,
    ...(resources.length > 0 && { resources }),
    generation,
    createdAt: standing?.createdAt ?? at,
    updatedAt: at,
  };
  const key = grantKey(tenant, user, app);
  const actor: Actor = { kind: 'user', id: user };
  const what = { tenant, app, user, grant: grant.id };
  const events: AssentEvent[] = [];
  const sameAs = (other: readonly string[]) => permissions.length === other.length && permissions.every((name) => other.includes(name));
  const onSame = JSON.stringify(resources) === JSON.stringify(standing?.resources ?? []);
  const onNodes = resources.length > 0 ? { resources } : {};
  if (before && stands && !standing) events.push(happened({ type: 'app.deauthorized', ...what, grant: before.value.id }, { actor, now }));
  if (!standing) events.push(happened({ type: 'app.authorized', ...what, permissions, ...onNodes }, { actor, now }));
  else if (!sameAs(standing.permissions) || !onSame) {
    events.push(happened({ type: 'permissions.changed', ...what, permissions, ...onNodes }, { actor, now }));
  }
  if (sharedAccess !== (standing?.sharedAccess ?? false)) {
    events.push(
      happened({ type: sharedAccess ? 'shared_access.granted' : 'shared_access.revoked', ...what }, { actor, now }),
    );
  }
  return {
    grant,
    expect: [before ? unchanged(before) : absent(key)],
    write: [
      put(key, grant, { tenant }),
      noteTenantApp(tenant, app),
      ...(standing ? [] : [put(placeKey(grant.id, tenant), { tenant, user, app }, { tenant })]),
      ...(before && !standing ? [remove(placeKey(before.value.id, tenant))] : []),
    ],
    events,
  };
}

/** There is none with this id, and that is as durable as if this call had ended it (I2, I8). */
export async function confirmNoGrant({ store }: Deps, id: string): Promise<void> {
  const shard = shardOfId('grant', id);
  if (shard !== undefined) await confirmNone(store, { shard, kind: GRANT_PLACE, id });
}

/** The same of a member and an app. */
export const confirmNoGrantOf = ({ store }: Deps, tenant: TenantId, user: UserId, app: AppId): Promise<boolean> => confirmNone(store, grantKey(tenant, user, app));

/**
 * Takes a grant back: one durable commit, whatever hangs on it (codes, refresh tokens, opaque access tokens) is dead
 * with it, because all of them are read through the grant. Of another person's grants only who manages apps may, and
 * that has to be so in the commit too (xA5). Idempotent; `true` when this call ended it.
 */
export const revokeGrant = (deps: Deps, { value: { tenant, user, app, id } }: StoredRecord<Grant>, actor: Actor): Promise<boolean> => {
  const [key, place] = [grantKey(tenant, user, app), placeKey(id, tenant)];
  return revoke(deps.store, key.shard, async () => {
    const [record] = await deps.store.read(key);
    const ofAnother = actor.kind === 'user' && actor.id !== user;
    const entitled = ofAnother ? await expectEntitled(deps, tenant, actor, managesApps) : [];
    const stands = record?.value.id === id;
    const events = stands ? [happened({ type: 'app.deauthorized', tenant, app, user, grant: id }, { actor, now: deps.clock() })] : [];
    return { expect: [asRead(key, record), ...entitled], write: [remove(place), ...(stands ? [remove(key)] : [])], events, result: stands };
  });
};

/** Both records of a grant that is over already: nothing is taken back by it, so nothing is told of it. */
export const clearGrant = ({ key, value: { id, tenant } }: StoredRecord<Grant>): readonly Write[] => [remove(key), remove(placeKey(id, tenant))];
