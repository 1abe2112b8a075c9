import { describe, expect, it } from '@jest/globals';

import { appsOnAccount, type AppsFilter } from '#src/administration/apps-on-account.ts';
import { countWords } from '#src/administration/count-subscribers.ts';
import { listMembers } from '#src/administration/find-members.ts';
import { reachOf } from '#src/administration/reach.ts';
import { subscribersOf, type SubscriberList } from '#src/administration/subscribers.ts';
import { grantTidier, tidyGrants } from '#src/administration/tidy-grants.ts';
import { grantsOfApp, readGrant } from '#src/consent/grant-store.ts';
import type { AppId, TenantId, UserId } from '#src/ids.ts';
import { uninstallEverything } from '#src/installations/uninstall.ts';
import { removeMember } from '#src/tenants/member-store.ts';
import { createTenant } from '#src/tenants/tenant-store.ts';
import { install, makeApp } from '#test/installations/world.ts';
import { makeNorthwind, northwind, onEachEngine, system } from '#test/support/domain.ts';

import { countingStore, crowdId, seedCrowd } from './crowd.ts';

const EVERYTHING: AppsFilter = { text: '', state: '', identity: '', sharedAccess: false };
const HOUR = 3_600_000;
const MANY = 260;

describe('an app with very many subscribers', () => {
  onEachEngine((domain) => {
    const made = async () => {
      await makeNorthwind(domain());
      const [few, many] = [await makeApp(domain(), { name: 'Few' }), await makeApp(domain(), { name: 'Many' })];
      const { deps } = domain();
      await seedCrowd(deps, { tenant: northwind, app: few, count: 30 });
      await seedCrowd(deps, { tenant: northwind, app: many, from: 30, count: MANY });
      return { deps, few, many };
    };
    const tidy = async () => {
      const walk = tidyGrants(domain().deps);
      while (!(await walk.next()).done) continue;
    };
    const listed = (app: AppId, query: { text?: string; type?: '' | 'User with Shared Access'; after?: string | undefined } = {}): Promise<SubscriberList> =>
      subscribersOf(domain().deps, northwind, app, { text: '', type: '', limit: 25, ...query });

    it('Z6 has pages, searches and a line in the list that cost at most twice what they cost for one with few', async () => {
      const { deps, few, many } = await made();
      const counting = countingStore(deps.store);
      const cost = async (ask: (app: AppId) => Promise<unknown>, app: AppId): Promise<number> => {
        await ask(app);
        return counting.take();
      };
      const counted = { ...deps, store: counting.store };
      for (const query of [{ text: '' }, { text: 'face' }, { text: 'alma' }, { text: '', type: 'User with Shared Access' as const }]) {
        const page = (app: AppId) => subscribersOf(counted, northwind, app, { type: '', limit: 25, ...query });
        const [small, large] = [await cost(page, few), await cost(page, many)];
        // A search looks for names first: for an app that few have it looks a little further, and ends.
        expect({ query, large: large <= Math.max(2 * small, 260) }).toEqual({ query, large: true });
        expect(small).toBeLessThan(2000);
      }
      const line = (text: string) => appsOnAccount(counted, northwind, { ...EVERYTHING, text }, { limit: 20 });
      expect(await cost(() => line('many'), many)).toBeLessThanOrEqual(2 * (await cost(() => line('few'), few)));
      expect((await line('many')).apps.map(({ subscribers }) => countWords(subscribers))).toEqual(['more than 20']);
      counting.take();
      await listMembers(counted, northwind, { text: '', limit: 25 });
      await listMembers(counted, northwind, { text: 'bruno', limit: 25 });
      expect(counting.take()).toBeLessThan(200);
    });

    it('Z6 lists each exactly once, page by page, and finds one of them by name', async () => {
      const { many } = await made();
      const seen: UserId[] = [];
      let after: string | undefined;
      do {
        const page: SubscriberList = await subscribersOf(domain().deps, northwind, many, { text: '', type: '', after, limit: 200 });
        seen.push(...page.subscribers.map(({ user }) => user));
        after = page.next;
      } while (after !== undefined);
      expect([seen.length, new Set(seen).size]).toEqual([MANY, MANY]);
      expect((await listed(many, { text: 'face77' })).subscribers.map(({ user, type }) => [user, type])).toEqual([[crowdId(77), 'User']]);
      expect((await listed(many, { text: 'face7', type: 'User with Shared Access' })).subscribers.every(({ type }) => type === 'User with Shared Access')).toBe(true);
    });

    it('xA7 has no page to look through once it is removed for everybody, and its records are cleared later', async () => {
      const { deps, many } = await made();
      await uninstallEverything(deps, { tenant: northwind, app: many }, system);
      const counting = countingStore(deps.store);
      expect(await subscribersOf({ ...deps, store: counting.store }, northwind, many, { text: '', type: '', limit: 25 })).toEqual({ subscribers: [], next: undefined });
      expect(counting.take()).toBeLessThan(10);
      await tidy();
      expect((await grantsOfApp(deps, northwind, many, { limit: 1 })).records).toHaveLength(1);
      domain().pass(HOUR + 1);
      await tidy();
      expect((await grantsOfApp(deps, northwind, many, { limit: 1 })).records).toEqual([]);
    });

    it('is counted in peace: exactly what stands, and said with when', async () => {
      const { deps, many, few } = await made();
      for (let place = 30; place < 40; place += 1) await removeMember(deps, { tenant: northwind, user: crowdId(place) }, system);
      await tidy();
      const counts = (await appsOnAccount(deps, northwind, EVERYTHING, { limit: 20 })).apps.map(({ id, subscribers }) => [id, countWords(subscribers)]);
      expect(counts).toEqual([[few, 'about 30'], [many, 'about 250']]);
      expect(await readGrant(deps, northwind, crowdId(30), many)).toBeUndefined();
      expect(await readGrant(deps, northwind, crowdId(40), many)).toBeDefined();
    });

    it('is walked over some pages at a time, and again only after a rest', async () => {
      const { deps, many } = await made();
      const run = grantTidier(deps);
      await run();
      const counted = async () => (await appsOnAccount(deps, northwind, { ...EVERYTHING, text: 'many' }, { limit: 1 })).apps[0]?.subscribers.countedAt;
      const first = await counted();
      expect(first).not.toBeNull();
      domain().pass(1000);
      await run();
      expect(await counted()).toBe(first);
      expect((await grantsOfApp(deps, northwind, many, { limit: 1 })).records).toHaveLength(1);
    });

    it('tells operators how far it reaches, over all tenants', async () => {
      const { deps, many, few } = await made();
      const contoso = 'ten_contoso' as TenantId;
      await createTenant(deps, { id: contoso, name: 'Contoso' }, system);
      await seedCrowd(deps, { tenant: contoso, app: many, from: 5000, count: 7 });
      await install(domain(), many);
      expect(await reachOf(deps, many)).toEqual({ tenants: 2, installations: 1, grants: 107, more: true, countedAt: null });
      expect(await reachOf(deps, few)).toEqual({ tenants: 1, installations: 0, grants: 30, more: false, countedAt: null });
      await tidy();
      expect(await reachOf(deps, many)).toEqual({ tenants: 2, installations: 1, grants: MANY + 7, more: false, countedAt: new Date(deps.clock()).toISOString() });
      await uninstallEverything(deps, { tenant: northwind, app: many }, system);
      expect(await reachOf(deps, many)).toMatchObject({ tenants: 1, installations: 0, grants: 7, more: false });
    });
  });
});
