import type { Deps } from '#src/deps.ts';
import type { AppId, TenantId } from '#src/ids.ts';
import type { IndexQuery, Page, Shard, StoredRecord } from '#src/storage/record-store.ts';
import { pageOverShards } from '#src/storage/scan-shards.ts';
import { shardOf } from '#src/storage/shards.ts';

import type { Installation } from './installation.ts';
import { INSTALLATION, installationKey } from './installation-records.ts';

export { installationChange } from './installation-change.ts';
export { installationKey } from './installation-records.ts';

export async function readInstallation({ store }: Deps, tenant: TenantId, app: AppId): Promise<StoredRecord<Installation> | undefined> {
  const [record] = await store.read(installationKey(tenant, app));
  return record;
}

type InstallationList = Pick<IndexQuery<Installation>, 'after' | 'limit'>;

export const installationsOf = ({ store }: Deps, tenant: TenantId, page: InstallationList): Promise<Page<Installation>> =>
  store.scan({ shard: shardOf(tenant), kind: INSTALLATION, index: 'tenant', of: tenant, ...page });

/** In the tenants of one shard. */
export const installationsOfAppIn = ({ store }: Deps, shard: Shard, app: AppId, page: InstallationList): Promise<Page<Installation>> =>
  store.scan({ shard, kind: INSTALLATION, index: 'app', of: app, ...page });

/** In every tenant. */
export const installationsOfApp = (deps: Deps, app: AppId, { after, limit }: InstallationList): Promise<Page<Installation>> =>
  pageOverShards({ after, limit }, (shard, from) => installationsOfAppIn(deps, shard, app, { after: from, limit }));
