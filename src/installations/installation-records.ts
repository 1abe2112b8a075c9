import type { AppId, TenantId } from '#src/ids.ts';
import { defineKind, type Key } from '#src/storage/record-store.ts';
import { shardOf } from '#src/storage/shards.ts';

import type { Installation } from './installation.ts';

/** Listed by tenant, and by app in the shard of each tenant: an app's own list goes shard by shard. */
export const INSTALLATION = defineKind<Installation>('installation', {
  schema: 1,
  indexes: ({ tenant, app }) => [
    { index: 'tenant', of: tenant, sort: app },
    { index: 'app', of: app, sort: tenant },
  ],
});

/** One for each tenant and app. */
export const installationKey = (tenant: TenantId, app: AppId): Key<Installation> => ({
  shard: shardOf(tenant),
  kind: INSTALLATION,
  id: JSON.stringify([tenant, app]),
});
