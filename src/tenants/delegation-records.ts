import type { DelegationId, TenantId } from '#src/ids.ts';
import { defineKind, type Key } from '#src/storage/record-store.ts';
import { shardOf } from '#src/storage/shards.ts';

import type { Delegation } from './delegation.ts';

/** There while it runs: ending one removes it, and with `endsAt` the record expires. The log keeps the history. */
export const DELEGATION = defineKind<Delegation>('delegation', {
  schema: 1,
  indexes: ({ tenant, giver, receiver, createdAt, id }) => [
    { index: 'giver', of: JSON.stringify([tenant, giver]), sort: `${createdAt} ${id}` },
    { index: 'receiver', of: JSON.stringify([tenant, receiver]), sort: `${createdAt} ${id}` },
  ],
});

/** The tenant stands in the key, so that the id of a delegation opens nothing in another tenant. */
export const delegationKey = (tenant: TenantId, id: DelegationId): Key<Delegation> => ({
  shard: shardOf(tenant),
  kind: DELEGATION,
  id: JSON.stringify([tenant, id]),
});
