import type { Deps } from '#src/deps.ts';
import { grantChange } from '#src/consent/grant-store.ts';
import { newId, type AppId, type TenantId, type UserId, type VersionId } from '#src/ids.ts';
import { installationChange } from '#src/installations/installation-store.ts';
import { put } from '#src/storage/record-store.ts';
import { shardOf } from '#src/storage/shards.ts';
import { tenantKey } from '#src/tenants/tenant-store.ts';

/** Tenants in which an app is installed, and one member allowed it something, as consents would have left them. */
export async function manyTenants({ store, clock }: Deps, { count, app, version, user }: { count: number; app: string; version: string; user: string }): Promise<TenantId[]> {
  const tenants = Array.from({ length: count }, () => newId('tenant'));
  const membership = newId('membership');
  const make = async (tenant: TenantId): Promise<void> => {
    const now = clock();
    const common = { before: undefined, app: app as AppId, user: user as UserId, generation: 0, now };
    const { installation: _, ...installed } = installationChange(
      { tenant, permissions: ['rooms:read'], dataRange: { kind: 'all' }, basis: { membership, installation: null } },
      { ...common, version: version as VersionId },
    );
    const { grant: __, ...granted } = grantChange({ tenant, permissions: ['meetings:read'], sharedAccess: false, basis: { membership, grantSlot: null } }, { ...common, asked: [] });
    await store.commit({
      shard: shardOf(tenant),
      expect: [...installed.expect, ...granted.expect],
      write: [
        put(tenantKey(tenant), { id: tenant, name: tenant, status: 'active', createdAt: new Date(now).toISOString() }, { tenant }),
        ...installed.write,
        ...granted.write,
      ],
      events: [...installed.events, ...granted.events],
    });
  };
  for (let first = 0; first < count; first += 256) await Promise.all(tenants.slice(first, first + 256).map(make));
  return tenants;
}
