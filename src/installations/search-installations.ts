import type { Deps } from '#src/deps.ts';
import type { AppId } from '#src/ids.ts';
import type { Page, Shard, StoredRecord } from '#src/storage/record-store.ts';
import { pageOverShards } from '#src/storage/scan-shards.ts';
import { isNamed, tenantKey, tenantsNamed } from '#src/tenants/tenant-store.ts';
import { wordsOf } from '#src/words.ts';

import type { Installation } from './installation.ts';
import { installationKey } from './installation-records.ts';
import { installationsOfApp, installationsOfAppIn } from './installation-store.ts';

/**
 * The installations of an app in tenants whose names have these words, or beginnings of them. In each shard it looks
 * through the tenants of that name or, where they are many, through those that have the app, if these are few. So a page
 * costs the same whether the app is in a hundred tenants or in a hundred thousand. It can be shorter than `limit`, or
 * empty, though there is more.
 */
export function searchInstallationsOfApp(
  deps: Deps,
  { app, text, after, limit }: { app: AppId; text: string; after?: string | undefined; limit: number },
): Promise<Page<Installation>> {
  const words = wordsOf(text).slice(0, 8);
  if (words.length === 0) return installationsOfApp(deps, app, { after, limit });
  return pageOverShards({ after, limit }, async (shard, from) => {
    const named = await tenantsNamed(deps, shard, words, { after: from, limit });
    const few = named.next !== undefined && from === undefined ? await amongFew(deps, shard, { app, words, limit }) : undefined;
    if (few) return few;
    const records = await deps.store.read(...named.records.map(({ value }) => installationKey(value.id, app)));
    return { records: records.filter((record) => record !== undefined), next: named.next };
  });
}

/** So many are looked through without asking which list is longer. */
const FEW = 8;

/** All of a shard, when the app is in few of its tenants. */
async function amongFew(
  deps: Deps,
  shard: Shard,
  { app, words, limit }: { app: AppId; words: readonly string[]; limit: number },
): Promise<Page<Installation> | undefined> {
  const installed = await installationsOfAppIn(deps, shard, app, { limit: Math.min(FEW, limit) });
  if (installed.next !== undefined) return undefined;
  const tenants = await deps.store.read(...installed.records.map(({ value }) => tenantKey(value.tenant)));
  const records: StoredRecord<Installation>[] = installed.records.filter((_, place) => {
    const tenant = tenants[place];
    return tenant !== undefined && isNamed(tenant.value, words);
  });
  return { records, next: undefined };
}
