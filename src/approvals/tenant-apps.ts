import type { Deps } from '#src/deps.ts';
import type { AppId, TenantId } from '#src/ids.ts';
import { defineKind, put, type Key, type Page, type Write } from '#src/storage/record-store.ts';
import { scanShards } from '#src/storage/scan-shards.ts';
import { shardOf } from '#src/storage/shards.ts';

interface TenantApp {
  readonly tenant: TenantId;
  readonly app: AppId;
}

/** That an app was once used or decided on in a tenant: the place to look. It is never removed and means nothing alone. */
const TENANT_APP = defineKind<TenantApp>('tenant-app', {
  schema: 1,
  indexes: ({ tenant, app }) => [
    { index: 'tenant', of: tenant, sort: app },
    { index: 'app', of: app, sort: tenant },
  ],
});

const tenantAppKey = (tenant: TenantId, app: AppId): Key<TenantApp> => ({ shard: shardOf(tenant), kind: TENANT_APP, id: JSON.stringify([tenant, app]) });

/** To be part of each commit that gives an app something in a tenant: a grant, an installation, an approval. */
export const noteTenantApp = (tenant: TenantId, app: AppId): Write =>
  put(tenantAppKey(tenant, app), { tenant, app }, { tenant });

/** Whether anybody in the tenant ever used the app or decided on it: else it is as good as unknown there (I5). */
export const isTenantApp = async ({ store }: Deps, tenant: TenantId, app: AppId): Promise<boolean> =>
  (await store.read(tenantAppKey(tenant, app)))[0] !== undefined;

export const tenantApps = ({ store }: Deps, tenant: TenantId, page: { after?: string | undefined; limit: number }): Promise<Page<TenantApp>> =>
  store.scan({ shard: shardOf(tenant), kind: TENANT_APP, index: 'tenant', of: tenant, ...page });

/** In every shard: the tenants that an app has to be looked for in. */
export const tenantsOfApp = ({ store }: Deps, app: AppId, { after, limit }: { after?: string | undefined; limit: number }): Promise<Page<TenantApp>> =>
  scanShards(store, { kind: TENANT_APP, index: 'app', of: app, after, limit });
