import { beforeEach, describe, expect, it } from '@jest/globals';

import { newId, type AppId, type TenantId, type UserId, type VersionId } from '#src/ids.ts';
import { installationKey } from '#src/installations/installation-store.ts';
import { searchInstallationsOfApp } from '#src/installations/search-installations.ts';
import { put } from '#src/storage/record-store.ts';
import { shardOf } from '#src/storage/shards.ts';
import { createTenant, renameTenant, searchTenants } from '#src/tenants/tenant-store.ts';
import { onEachEngine, system, type Domain } from '#test/support/domain.ts';

const app = 'app_scheduler' as AppId;
const rare = 'app_rare' as AppId;

async function tenant({ deps }: Domain, id: string, name: string, apps: readonly AppId[]): Promise<void> {
  await createTenant(deps, { id, name }, system);
  const at = new Date(deps.clock()).toISOString();
  await deps.store.commit({
    shard: shardOf(id),
    write: apps.map((each) =>
      put(
        installationKey(id as TenantId, each),
        {
          id: newId('installation', shardOf(id)), tenant: id as TenantId, app: each, version: 'ver_1' as VersionId, permissions: [], dataRange: { kind: 'all' },
          status: 'active', installedBy: 'usr_ada' as UserId, generation: 0, createdAt: at, updatedAt: at,
        },
        { tenant: id },
      ),
    ),
  });
}

/** Ids that all live in one shard, so that it holds more than is looked through at once. */
const together = Array.from({ length: 8000 }, (_, number) => `ten_${number}`).filter((id) => shardOf(id) === 7).slice(0, 20);

async function all<T>(page: (after: string | undefined) => Promise<{ records: readonly { value: T }[]; next: string | undefined }>): Promise<{ found: T[]; pages: number }> {
  const found: T[] = [];
  let [after, pages]: [string | undefined, number] = [undefined, 0];
  do {
    const { records, next } = await page(after);
    found.push(...records.map(({ value }) => value));
    [after, pages] = [next, pages + 1];
    if (pages > 1000) throw new Error('the pages never end');
  } while (after !== undefined);
  return { found, pages };
}

describe('the tenants that have an app, searched by name', () => {
  onEachEngine((domain) => {
    beforeEach(async () => {
      expect(together).toHaveLength(20);
      for (const [place, id] of together.entries()) await tenant(domain(), id, `Northwind Branch ${place}`, place === 3 ? [app, rare] : [app]);
      await tenant(domain(), 'ten_elsewhere', 'Éclair Trading of Northwich', [app]);
      await tenant(domain(), 'ten_without', 'Northwind without it', []);
    });
    const search = async (text: string, of = app, limit = 5) =>
      (await all((after) => searchInstallationsOfApp(domain().deps, { app: of, text, after, limit }))).found.map((found) => found.tenant);

    it('are each found on pages of one, also where a rare word is in two names of a shard', async () => {
      const twins = Array.from({ length: 4000 }, (_, number) => `ten_${number}`).filter((id) => shardOf(id) === 8).slice(0, 2);
      for (const id of twins) await tenant(domain(), id, 'Harbour Office', [app]);
      expect((await search('harbour office', app, 1)).toSorted()).toEqual(twins.toSorted());
      expect((await all((after) => searchTenants(domain().deps, { text: 'harbour office', after, limit: 1 }))).found.map(({ id }) => id).toSorted()).toEqual(twins.toSorted());
    });

    it('are found by a word, by beginnings of several, without regard to case and marks, and each is found', async () => {
      expect((await search('northwind')).toSorted()).toEqual(together.toSorted());
      expect((await search('NORTH')).toSorted()).toEqual([...together, 'ten_elsewhere'].toSorted());
      expect(await search('bran 17')).toEqual([together[17]]);
      expect(await search('eclair')).toEqual(['ten_elsewhere']);
      expect(await search('wind')).toEqual([]);
      expect(await search('without')).toEqual([]);
    });

    it('are those with this very app, also where it is in few of the tenants of that name', async () => {
      expect(await search('northwind', rare)).toEqual([together[3]]);
      expect(await search('eclair', rare)).toEqual([]);
    });

    it('come in pages of what was asked for at most', async () => {
      const sizes: number[] = [];
      const { pages } = await all(async (after) => {
        const page = await searchInstallationsOfApp(domain().deps, { app, text: 'northwind', after, limit: 6 });
        sizes.push(page.records.length);
        return page;
      });
      expect(pages).toBeGreaterThan(3);
      expect(Math.max(...sizes)).toBeLessThanOrEqual(6);
    });

    it('follow the name that the tenant has now', async () => {
      await renameTenant(domain().deps, { id: together[0] as TenantId, name: 'Contoso' }, system);
      expect(await search('contoso')).toEqual([together[0]]);
      expect((await search('northwind')).toSorted()).toEqual(together.slice(1).toSorted());
    });

    it('and tenants alone by the same words', async () => {
      const tenants = async (text: string) => (await all((after) => searchTenants(domain().deps, { text, after, limit: 5 }))).found.map(({ id }) => id);
      expect((await tenants('northwind')).toSorted()).toEqual([...together, 'ten_without'].toSorted());
      expect(await tenants('north without')).toEqual(['ten_without']);
      expect(await tenants('tailspin')).toEqual([]);
      expect(await tenants(' - ')).toHaveLength(22);
    });
  });
});
