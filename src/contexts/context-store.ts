import type { Deps } from '#src/deps.ts';
import type { ContextId, TenantId, UserId } from '#src/ids.ts';
import type { Page, StoredRecord } from '#src/storage/record-store.ts';
import { shardOf } from '#src/storage/shards.ts';

import type { ContextKinds } from './context-kind.ts';
import type { Context, ContextMember } from './context.ts';
import { CONTEXT, CONTEXT_MEMBER, contextKey, contextMemberKey, type Person } from './context-records.ts';

export interface ContextDeps extends Deps {
  readonly contextKinds: ContextKinds;
}

type PageOf = { readonly after?: string | undefined; readonly limit: number };

export async function readContext({ store }: Deps, tenant: TenantId, id: ContextId): Promise<StoredRecord<Context> | undefined> {
  const [record] = await store.read(contextKey(tenant, id));
  return record;
}

export async function readContextMember(
  { store }: Deps,
  { tenant, context, person }: { tenant: TenantId; context: ContextId; person: Person },
): Promise<StoredRecord<ContextMember> | undefined> {
  const [record] = await store.read(contextMemberKey(tenant, context, person));
  return record;
}

/** By when they were opened, latest first. */
export const contextsOf = ({ store }: Deps, tenant: TenantId, { status, ...page }: PageOf & { status: Context['status'] }): Promise<Page<Context>> =>
  store.scan({ shard: shardOf(tenant), kind: CONTEXT, index: 'tenant', of: tenant, prefix: `${status}/`, direction: 'descending', ...page });

/** By when they joined. */
export const contextMembers = ({ store }: Deps, tenant: TenantId, context: ContextId, page: PageOf): Promise<Page<ContextMember>> =>
  store.scan({ shard: shardOf(tenant), kind: CONTEXT_MEMBER, index: 'context', of: JSON.stringify([tenant, context]), ...page });

export const contextMembersWithRole = (
  { store }: Deps,
  { tenant, context, role }: { tenant: TenantId; context: ContextId; role: string },
  page: PageOf,
): Promise<Page<ContextMember>> =>
  store.scan({ shard: shardOf(tenant), kind: CONTEXT_MEMBER, index: 'role', of: JSON.stringify([tenant, context]), prefix: `${role}/`, ...page });

/** Where somebody was put, also in contexts that ended. */
export const contextsWith = ({ store }: Deps, tenant: TenantId, user: UserId, page: PageOf): Promise<Page<ContextMember>> =>
  store.scan({ shard: shardOf(tenant), kind: CONTEXT_MEMBER, index: 'user', of: JSON.stringify([tenant, user]), ...page });
