import type { Deps } from '#src/deps.ts';
import { shardOfId, type AppId, type InstallationId, type TenantId } from '#src/ids.ts';
import { defineKind, type IndexQuery, type Key, type Page, type StoredRecord } from '#src/storage/record-store.ts';
import { shardOf } from '#src/storage/shards.ts';

import type { Installation } from './installation.ts';

const INSTALLATION = defineKind<Installation>('installation', {
  schema: 1,
  indexes: ({ tenant, app }) => [{ index: 'tenant', of: tenant, sort: app }],
});

/** Where the installation with an id is. Written and removed with it. */
const INSTALLATION_PLACE = defineKind<{ readonly tenant: TenantId; readonly app: AppId }>('installation-place', { schema: 1 });

/** One for each tenant and app. */
export const installationKey = (tenant: TenantId, app: AppId): Key<Installation> => ({
  shard: shardOf(tenant),
  kind: INSTALLATION,
  id: JSON.stringify([tenant, app]),
});

export const installationPlaceKey = (id: InstallationId, tenant: TenantId) => ({ shard: shardOf(tenant), kind: INSTALLATION_PLACE, id });

export async function readInstallation(
  { store }: Deps,
  tenant: TenantId,
  app: AppId,
): Promise<StoredRecord<Installation> | undefined> {
  const [record] = await store.read(installationKey(tenant, app));
  return record;
}

export async function findInstallationById(deps: Deps, id: string): Promise<StoredRecord<Installation> | undefined> {
  const shard = shardOfId('installation', id);
  if (shard === undefined) return undefined;
  const [place] = await deps.store.read({ shard, kind: INSTALLATION_PLACE, id });
  if (!place) return undefined;
  const record = await readInstallation(deps, place.value.tenant, place.value.app);
  return record?.value.id === id ? record : undefined;
}

export const installationsOf = (
  { store }: Deps,
  tenant: TenantId,
  page: Pick<IndexQuery<Installation>, 'after' | 'limit'>,
): Promise<Page<Installation>> =>
  store.scan({ shard: shardOf(tenant), kind: INSTALLATION, index: 'tenant', of: tenant, ...page });
