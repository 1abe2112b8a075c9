import type { AppId, InstallationId, TenantId } from '#src/ids.ts';
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

/** Where the installation with an id is. Written and removed with it. */
const INSTALLATION_PLACE = defineKind<{ readonly tenant: TenantId; readonly app: AppId }>('installation-place', { schema: 1 });

/** One for each tenant and app. */
export const installationKey = (tenant: TenantId, app: AppId): Key<Installation> => ({
  shard: shardOf(tenant),
  kind: INSTALLATION,
  id: JSON.stringify([tenant, app]),
});

/** `shard` is that of the tenant; it stands in the id. */
export const installationPlaceKey = (id: InstallationId, shard: Key['shard']) => ({ shard, kind: INSTALLATION_PLACE, id });
