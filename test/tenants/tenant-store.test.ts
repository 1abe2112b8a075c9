import { describe, expect, it } from '@jest/globals';

import type { TenantId } from '#src/ids.ts';
import { shardOf } from '#src/storage/shards.ts';
import { createTenant, findTenant, listTenants, readTenant, renameTenant, setTenantStatus } from '#src/tenants/tenant-store.ts';
import { atOnce, eventsOf, onEachEngine, refusal, system } from '#test/support/domain.ts';

describe('tenants', () => {
  onEachEngine((domain) => {
    it('are made with their event and found by their id', async () => {
      const { deps } = domain();
      const tenant = await createTenant(deps, { name: '  North   wind ' }, system);
      expect(tenant).toMatchObject({ name: 'North wind', status: 'active' });
      expect(await findTenant(deps, tenant.id)).toEqual(tenant);
      expect(await eventsOf(deps.store, shardOf(tenant.id))).toMatchObject([{ type: 'tenant.created', tenant: tenant.id, actor: system }]);
    });

    it('are made once under an id that many servers want at the same time', async () => {
      const { deps } = domain();
      const { done, refused } = await atOnce(
        Array.from({ length: 8 }, (_, n) => createTenant(deps, { id: 'ten_same', name: `Tenant ${n}` }, system)),
      );
      expect(done).toHaveLength(1);
      expect(new Set(refused)).toEqual(new Set(['conflict']));
      expect(await findTenant(deps, 'ten_same' as TenantId)).toEqual(done[0]);
    });

    it('refuse names that are empty, too long or hide something', async () => {
      const { deps } = domain();
      for (const name of ['', '   ', 'x'.repeat(101), 'North\nwind', 'North\u202ewind', 'North\u200bwind', '\u0000']) {
        expect(await refusal(createTenant(deps, { name }, system))).toBe('invalid_request');
      }
    });

    it('xT5 never take one id for another, whatever characters it has', async () => {
      const { deps } = domain();
      const ids = ['a', 'a:b', 'a:b:c', '{a}', '{a', 'a}', '*', 'a*', '[a]', '{s0}', '{s1}', 'a/b', '["a"]', '"', '\\', '%', 'a,b', '?', '__proto__', 'A'];
      for (const id of ids) await createTenant(deps, { id, name: `of ${id}` }, system);
      for (const id of ids) expect((await findTenant(deps, id as TenantId))?.name).toBe(`of ${id}`);
      for (const id of ['a:', ':b', 'b', '{}', 's0', 'a/']) expect(await findTenant(deps, id as TenantId)).toBeUndefined();
    });

    it('refuse ids that nobody could type', async () => {
      const { deps } = domain();
      for (const id of ['', ' ', 'a b', 'ä', 'a\n', '\u0000', 'x'.repeat(129)]) {
        expect(await refusal(createTenant(deps, { id, name: 'Northwind' }, system))).toBe('invalid_request');
      }
    });

    it('change only at the version that was read, if one is given', async () => {
      const { deps } = domain();
      const { id } = await createTenant(deps, { name: 'Northwind' }, system);
      const version = (await readTenant(deps, id))!.version;
      await renameTenant(deps, { id, name: 'Northwind Traders', ifVersion: version }, system);
      expect(await refusal(renameTenant(deps, { id, name: 'Other', ifVersion: version }, system))).toBe('precondition_failed');
      expect(await refusal(renameTenant(deps, { id: 'ten_unknown' as TenantId, name: 'Other' }, system))).toBe('not_found');
      expect((await findTenant(deps, id))?.name).toBe('Northwind Traders');
    });

    it('lose no change of many at once', async () => {
      const { deps } = domain();
      const { id } = await createTenant(deps, { name: 'Northwind' }, system);
      await Promise.all([
        setTenantStatus(deps, { id, status: 'suspended' }, system),
        ...Array.from({ length: 10 }, (_, n) => renameTenant(deps, { id, name: `Name ${n}` }, system)),
      ]);
      expect((await findTenant(deps, id))?.status).toBe('suspended');
      expect(await eventsOf(deps.store, shardOf(id))).toHaveLength(12);
    });

    it('are listed page by page over all shards, each exactly once', async () => {
      const { deps } = domain();
      const made = await Promise.all(Array.from({ length: 120 }, (_, n) => createTenant(deps, { name: `Tenant ${n}` }, system)));
      for (const limit of [1, 7, 500]) {
        const listed: string[] = [];
        let after: string | undefined;
        do {
          const page = await listTenants(deps, { after, limit });
          expect(page.records.length).toBeLessThanOrEqual(limit);
          listed.push(...page.records.map(({ value }) => value.id));
          after = page.next;
        } while (after !== undefined);
        expect(listed.toSorted()).toEqual(made.map(({ id }) => id as string).toSorted());
      }
    });

    it('refuse a cursor that is none', async () => {
      expect(await refusal(listTenants(domain().deps, { after: 'zz', limit: 10 }))).toBe('invalid_cursor');
    });
  });
});
