import type { Deps } from '#src/deps.ts';
import { AppError } from '#src/errors.ts';
import { happened, type Actor } from '#src/events.ts';
import { newId, type ContextId, type TenantId } from '#src/ids.ts';
import { displayName, displayNote } from '#src/names.ts';
import type { ResourceRef } from '#src/resources/resource.ts';
import { absent, present, put } from '#src/storage/record-store.ts';
import { changeStanding } from '#src/storage/revoke.ts';
import { shardOf } from '#src/storage/shards.ts';
import { tenantKey } from '#src/tenants/tenant-store.ts';

import { OWNER } from './context-kind.ts';
import type { Context } from './context.ts';
import { contextKey } from './context-records.ts';
import type { ContextDeps } from './context-store.ts';
import { checkRoles, membersOfTenant, placesFor, type Placing } from './placing.ts';

export interface NewContext {
  /** For the demo world, which is made again and again and has to find what it made. */
  readonly id?: ContextId;
  readonly tenant: TenantId;
  readonly kind: string;
  readonly title: string;
  readonly number: string | null;
  readonly resource: ResourceRef | null;
  /** Who is in it from the start; one owner at least. */
  readonly members: readonly Placing[];
}

/** Its id is made here and holds 128 random bits: whoever was not told it cannot find it (R9). */
export async function openContext(deps: ContextDeps, input: NewContext, actor: Actor): Promise<Context> {
  const { tenant, members } = input;
  const kind = deps.contextKinds.find(input.kind);
  if (!kind) throw new AppError('invalid_request', { fields: [{ pointer: '/kind', detail: `There is no such kind. There are: ${deps.contextKinds.kinds.map(({ name }) => name).join(', ')}.` }] });
  checkRoles(kind, members);
  if (!members.some(({ role }) => role === OWNER)) throw new AppError('invalid_request', { fields: [{ pointer: '/members', detail: `Name who is ${OWNER}.` }] });
  const now = deps.clock();
  const shard = shardOf(tenant);
  const context: Context = {
    id: input.id ?? newId('context', shard),
    tenant,
    kind: kind.name,
    title: displayName(input.title, '/title'),
    number: input.number === null ? null : displayNote(input.number, '/number'),
    resource: input.resource,
    status: 'open',
    createdAt: new Date(now).toISOString(),
    endedAt: null,
  };
  const key = contextKey(tenant, context.id);
  const stays = await membersOfTenant(deps, tenant, members);
  const places = placesFor(context, members, { before: members.map(() => undefined), stays, actor, now });
  const result = await deps.store.commit({
    shard,
    expect: [present(tenantKey(tenant)), absent(key), ...places.expect],
    write: [put(key, context, { tenant }), ...places.write],
    events: [happened({ type: 'context.opened', tenant, context: context.id, kind: kind.name }, { actor, now }), ...places.events],
  });
  if (result.ok) return context;
  if (result.failed.some((each) => each.key.kind.name === tenantKey(tenant).kind.name)) throw new AppError('not_found');
  throw new AppError('conflict');
}

/** Nothing can be called in it from the next decision on. Ended twice is ended once. */
export const endContext = (deps: Deps, tenant: TenantId, id: ContextId, actor: Actor): Promise<Context> =>
  changeStanding(deps.store, contextKey(tenant, id), undefined, ({ value: context }) => ({
    value: context.status === 'ended' ? context : { ...context, status: 'ended', endedAt: new Date(deps.clock()).toISOString() },
    events: context.status === 'ended' ? [] : [happened({ type: 'context.ended', tenant: context.tenant, context: context.id }, { actor, now: deps.clock() })],
  }));
