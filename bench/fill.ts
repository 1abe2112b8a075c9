/** Fills a store with tenants that have one app, through the store itself: over HTTP it would take an hour. */
import { newId, type AppId, type TenantId, type UserId, type VersionId } from '#src/ids.ts';
import { installationKey } from '#src/installations/installation-records.ts';
import { openStore } from '#src/storage/open-store.ts';
import { put, type RecordStore } from '#src/storage/record-store.ts';
import { shardOf } from '#src/storage/shards.ts';
import { tenantKey } from '#src/tenants/tenant-store.ts';

const AT_A_TIME = 1000;
const AT = '2026-01-01T00:00:00.000Z';

const FIRST = ['Northwind', 'Contoso', 'Fabrikam', 'Tailspin', 'Adventure', 'Litware', 'Proseware', 'Trey', 'Wingtip', 'Lucerne', 'Alpine', 'Coho'];
const SECOND = ['Trading', 'Works', 'Research', 'Publishing', 'Bank', 'Airlines', 'Toys', 'Winery', 'Schools', 'Clinics', 'Energy'];

export const tenantName = (number: number): string => `${FIRST[number % FIRST.length]} ${SECOND[number % SECOND.length]} ${number}`;
export const tenantId = (number: number): TenantId => `ten_bench-${number}` as TenantId;

async function make(store: RecordStore, app: AppId, number: number): Promise<void> {
  const id = tenantId(number);
  const shard = shardOf(id);
  const installation = {
    id: newId('installation', shard), tenant: id, app, version: 'ver_bench' as VersionId, permissions: ['rooms:read'], dataRange: { kind: 'all' },
    status: 'active', installedBy: 'usr_bench' as UserId, generation: 0, createdAt: AT, updatedAt: AT,
  } as const;
  const tenant = { id, name: tenantName(number), status: 'active', createdAt: AT } as const;
  await store.commit({ shard, write: [put(tenantKey(id), tenant, { tenant: id }), put(installationKey(id, app), installation, { tenant: id })] });
}

export async function fill(storeUrl: string, app: AppId, tenants: number): Promise<void> {
  const store = await openStore(storeUrl, { clock: Date.now, timeoutMs: 30_000, allowUnsafe: true });
  try {
    for (let first = 0; first < tenants; first += AT_A_TIME) {
      await Promise.all(Array.from({ length: Math.min(AT_A_TIME, tenants - first) }, (_, number) => make(store, app, first + number)));
    }
  } finally {
    await store.close();
  }
}
