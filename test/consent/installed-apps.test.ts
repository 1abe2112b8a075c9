import { beforeEach, describe, expect, it } from '@jest/globals';

import type { App } from '#src/apps/app.ts';
import { appKey } from '#src/apps/app-store.ts';
import type { Grant } from '#src/consent/grant.ts';
import { grantKey } from '#src/consent/grant-store.ts';
import { installedApps, type InstalledAppLine } from '#src/consent/installed-apps.ts';
import type { AppId, GrantId, TenantId } from '#src/ids.ts';
import { put, type RecordStore, type Shard, type Write } from '#src/storage/record-store.ts';
import { addMember, findMember } from '#src/tenants/member-store.ts';
import { createTenant } from '#src/tenants/tenant-store.ts';
import { ben, dan, makeNorthwind, northwind, onEachEngine, system, type Domain } from '#test/support/domain.ts';

const MANY = 5000;
const ON_A_PAGE = 20;
const contoso = 'ten_contoso' as TenantId;
const fabrikam = 'ten_fabrikam' as TenantId;
const idOf = (number: number) => `app_${String(number).padStart(5, '0')}` as AppId;

const app = (id: AppId, name: string): App => ({
  id, name, tagline: '', logoUri: null, homepageUri: null, privacyUri: null, developer: { name: 'Somebody', uri: null, verified: false },
  owner: null, listed: true, status: 'active', authMethod: 'none', secrets: [], jwks: null, pkce: 'required', dpopBound: false, liveVersion: null,
  createdAt: '2026-01-01T00:00:00.000Z',
});

/** As many commits as there are shards, whatever is written. */
async function commitAll(store: RecordStore, writes: readonly Write[]): Promise<void> {
  const byShard = Map.groupBy(writes, ({ key }) => key.shard);
  await Promise.all(
    [...byShard].map(async ([shard, all]) => {
      for (let first = 0; first < all.length; first += 500) await store.commit({ shard: shard as Shard, write: all.slice(first, first + 500) });
    }),
  );
}

/** Grants of one person, the n-th given in the n-th second. */
async function give({ deps }: Domain, tenant: TenantId, user: typeof ben, numbers: readonly number[]): Promise<void> {
  const member = await findMember(deps, tenant, user);
  if (!member) throw new Error('no member');
  const grants = numbers.map((number): Grant => {
    const at = new Date(Date.parse('2026-02-01T00:00:00Z') + number * 1000).toISOString();
    const id = `gnt_${tenant}${user}${number}` as GrantId;
    return { id, tenant, user, membership: member.membership, app: idOf(number), permissions: [], declined: [], requested: [], sharedAccess: false, generation: 0, createdAt: at, updatedAt: at };
  });
  await commitAll(deps.store, grants.map((grant) => put(grantKey(tenant, user, grant.app), grant, { tenant })));
}

const numbers = (first: number, count: number) => Array.from({ length: count }, (_, place) => first + place);

async function walk({ deps }: Domain, user: typeof ben, wanted: { tenant?: string; words?: string } = {}): Promise<InstalledAppLine[][]> {
  const pages: InstalledAppLine[][] = [];
  let after: string | undefined;
  do {
    const page = await installedApps(deps, user, { after, limit: ON_A_PAGE, tenant: '', words: '', ...wanted });
    pages.push(page.lines);
    after = page.next;
  } while (after !== undefined);
  return pages;
}

/** What one page makes storage do: round trips, and records that come back. */
async function costOf({ deps }: Domain, user: typeof ben, after?: string) {
  const cost = { calls: 0, records: 0 };
  const { store } = deps;
  const counting: RecordStore = {
    ...store,
    read: async (...keys) => {
      const records = await store.read(...keys);
      cost.calls += 1;
      cost.records += records.length;
      return records as never;
    },
    scan: async (query) => {
      const page = await store.scan(query);
      cost.calls += 1;
      cost.records += page.records.length;
      return page;
    },
  };
  const page = await installedApps({ ...deps, store: counting }, user, { after, limit: ON_A_PAGE, tenant: '', words: '' });
  return { ...cost, next: page.next };
}

onEachEngine((domain) => {
  describe(`a person with ${MANY} grants in three tenants`, () => {
    beforeEach(async () => {
      const { deps } = domain();
      await makeNorthwind(domain());
      for (const [id, name] of [[contoso, 'Contoso'], [fabrikam, 'Fabrikam']] as const) {
        await createTenant(deps, { id, name }, system);
        for (const user of [ben, dan]) await addMember(deps, { tenant: id, user, role: 'member' }, system);
      }
      await commitAll(deps.store, numbers(0, MANY).map((number) => put(appKey(idOf(number)), app(idOf(number), `App ${number}`), { tenant: null })));
      await give(domain(), contoso, ben, numbers(0, 7));
      await give(domain(), northwind, ben, numbers(7, MANY - 7));
      await give(domain(), contoso, dan, numbers(0, 7));
      await give(domain(), northwind, dan, numbers(7, 33));
    });

    it('sees each once, on pages of one screenful, tenant by tenant, the newest first; a page costs what one of a short list does', async () => {
      const pages = await walk(domain(), ben);
      const lines = pages.flat();
      expect(lines.map((line) => line.app)).toEqual([...numbers(0, 7).toReversed(), ...numbers(7, MANY - 7).toReversed()].map((number) => `App ${number}`));
      expect(Math.max(...pages.map(({ length }) => length))).toBe(ON_A_PAGE);
      expect(lines[0]).toMatchObject({ tenant: 'Contoso', since: '2026-02-01T00:00:06.000Z', lastUsed: undefined });
      expect(lines.filter(({ tenant }) => tenant === 'Northwind')).toHaveLength(MANY - 7);

      const [long, short] = [await costOf(domain(), ben), await costOf(domain(), dan)];
      expect(long).toEqual({ ...short, next: long.next });
      expect((await costOf(domain(), ben, long.next)).records).toBeLessThanOrEqual(long.records);
      expect(long.calls).toBeLessThan(24);
    });

    it('finds apps by words of their names, and can look at one tenant alone', async () => {
      const found = await walk(domain(), ben, { words: 'app 4321' });
      expect(found.map((page) => page.map((line) => line.app))).toEqual([['App 4321'], ...found.slice(1).map(() => [])]);
      expect(found.length).toBeLessThanOrEqual(2);
      const many = await walk(domain(), ben, { words: 'APP' });
      expect(many.flat()).toHaveLength(MANY);
      expect(Math.max(...many.map(({ length }) => length))).toBe(ON_A_PAGE);
      expect((await walk(domain(), ben, { tenant: contoso })).flat()).toHaveLength(7);
      expect((await walk(domain(), ben, { tenant: 'ten_nowhere' })).flat()).toEqual([]);
      expect((await walk(domain(), ben, { tenant: fabrikam })).flat()).toEqual([]);
    });
  });
});
