import { describe, expect, it } from '@jest/globals';

import { catalogueOf } from '#src/apps/catalogue.ts';
import { tellRetired } from '#src/installations/tell-retired.ts';
import { shardOf } from '#src/storage/shards.ts';
import { eventsOf, makeNorthwind, northwind, onEachEngine } from '#test/support/domain.ts';

import { approve, install, makeApp } from './world.ts';

describe('a permission that is taken out of the catalogue', () => {
  onEachEngine((domain) => {
    const starts = (without: readonly string[] = []) => {
      const { deps } = domain();
      return tellRetired({ ...deps, catalogue: catalogueOf(deps.catalogue.permissions.filter(({ name }) => !without.includes(name))) });
    };
    const told = async (id: string) => (await eventsOf(domain().deps.store, shardOf(id))).filter(({ type }) => type === 'permission.retired');

    it('is told once to the app and to each tenant that holds it, whatever restarts and servers there are', async () => {
      await makeNorthwind(domain());
      const [holder, other] = [await makeApp(domain()), await makeApp(domain(), { name: 'Other' })];
      await approve(domain(), holder, ['meetings:write']);
      await install(domain(), holder, { permissions: ['meetings:read', 'meetings:write'] });
      await install(domain(), other);
      await starts();
      expect(await told(northwind)).toEqual([]);
      await Promise.all([starts(['meetings:write']), starts(['meetings:write'])]);
      await starts(['meetings:write']);
      expect(await told(northwind)).toMatchObject([{ tenant: northwind, app: holder, permission: 'meetings:write', identity: 'tenant', actor: { kind: 'system' } }]);
      for (const app of [holder, other]) {
        expect((await told(app)).filter((event) => event.tenant === null && 'app' in event && event.app === app)).toMatchObject([{ identity: 'user' }, { identity: 'tenant' }]);
      }
      domain().pass(1000);
      await starts();
      await starts(['meetings:write']);
      expect(await told(northwind)).toHaveLength(2);
    });
  });
});
