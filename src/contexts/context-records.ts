import type { ContextId, TenantId, UserId } from '#src/ids.ts';
import { defineKind, type Key } from '#src/storage/record-store.ts';
import { shardOf } from '#src/storage/shards.ts';

import type { Context, ContextMember } from './context.ts';

/** A member of the tenant, or somebody from outside by the name that the platform has for them. */
export type Person = { readonly user: UserId } | { readonly guest: string };

const CONTEXT = defineKind<Context>('context', {
  schema: 1,
  indexes: ({ tenant, status, createdAt, endedAt, id }) => [
    { index: 'tenant', of: tenant, sort: `${status}/${createdAt} ${id}` },
    // For the tidying of a shard, whosever they are.
    ...(endedAt === null ? [] : [{ index: 'ended', of: '', sort: endedAt }]),
  ],
});

const CONTEXT_MEMBER = defineKind<ContextMember>('context-member', {
  schema: 1,
  indexes: ({ tenant, context, person, role, joinedAt }) => [
    { index: 'context', of: JSON.stringify([tenant, context]), sort: `${joinedAt} ${nameOf(person)}` },
    { index: 'role', of: JSON.stringify([tenant, context]), sort: `${role}/${nameOf(person)}` },
    ...('user' in person ? [{ index: 'user', of: JSON.stringify([tenant, person.user]), sort: context }] : []),
  ],
});

const nameOf = (person: Person): string => ('user' in person ? `user ${person.user}` : `guest ${person.guest}`);

/** The tenant stands in the key, so that the id of a context opens nothing in another tenant. */
export const contextKey = (tenant: TenantId, id: ContextId): Key<Context> => ({
  shard: shardOf(tenant),
  kind: CONTEXT,
  id: JSON.stringify([tenant, id]),
});

export const contextMemberKey = (tenant: TenantId, context: ContextId, person: Person): Key<ContextMember> => ({
  shard: shardOf(tenant),
  kind: CONTEXT_MEMBER,
  id: JSON.stringify([tenant, context, nameOf(person)]),
});

export { CONTEXT, CONTEXT_MEMBER };
