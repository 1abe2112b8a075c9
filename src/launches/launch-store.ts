import type { TenantId } from '#src/ids.ts';
import { defineKind, type Key } from '#src/storage/record-store.ts';
import { shardOf } from '#src/storage/shards.ts';

import type { MintedLaunch } from './launch.ts';

const MINTED_LAUNCH = defineKind<MintedLaunch>('context-token', { schema: 1 });

/** In the tenant's shard, where the token that it is exchanged for will be: both are one commit. */
export const launchKey = (tenant: TenantId, jti: string): Key<MintedLaunch> => ({
  shard: shardOf(tenant),
  kind: MINTED_LAUNCH,
  id: JSON.stringify([tenant, jti]),
});
