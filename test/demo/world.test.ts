import { describe, expect, it } from '@jest/globals';

import { findLiveApp, setAppStatus } from '#src/apps/app-store.ts';
import { loadCatalogue } from '#src/apps/catalogue.ts';
import { findResourceServer } from '#src/apps/resource-server-store.ts';
import { secretMatches } from '#src/client-secret.ts';
import { contextMembers } from '#src/contexts/context-store.ts';
import { loadContextKinds } from '#src/contexts/load-context-kinds.ts';
import { loadDemoPlan, makeDemoWorld, type DemoWorld } from '#src/demo/world.ts';
import { loadResourceKinds } from '#src/resources/load-resource-kinds.ts';
import { readChain } from '#src/resources/read-chains.ts';
import { rightOfMember } from '#src/resources/chain.ts';
import { groupMembers } from '#src/tenants/group-members.ts';
import { endDelegation, liveDelegationsTo } from '#src/tenants/delegation-store.ts';
import { findMember, membersOf, removeMember, tenantsOf } from '#src/tenants/member-store.ts';
import { findUserByEmail, listUsers } from '#src/tenants/user-store.ts';
import { listTenants } from '#src/tenants/tenant-store.ts';
import { ada, ben, by, dan, northwind, onEachEngine, system } from '#test/support/domain.ts';
import { failingStore } from '#test/support/failing-store.ts';

const plan = loadDemoPlan('config/demo-world.yaml');
const catalogue = loadCatalogue('config/permissions.yaml');
const contextKinds = loadContextKinds('config/contexts.yaml', (name) => catalogue.find(name) !== undefined);
const resourceKinds = loadResourceKinds('config/resources.yaml');
const options = { plan, password: 'a long password', hashPassword: async (password: string) => `hash of ${password}` };

describe('the demo world', () => {
  onEachEngine((domain) => {
    const deps = () => ({ ...domain().deps, catalogue, contextKinds, resourceKinds });
    const fits = async ({ app, unverifiedApp, resourceServer, secrets }: DemoWorld) => {
      const [live, unverified] = [await findLiveApp(deps(), app.id), await findLiveApp(deps(), unverifiedApp.id)];
      const server = await findResourceServer(deps(), resourceServer.id);
      return [
        secretMatches(secrets.app, live!.app.secrets.map(({ digest }) => digest)),
        secretMatches(secrets.unverifiedApp, unverified!.app.secrets.map(({ digest }) => digest)),
        secretMatches(secrets.resourceServer, [server!.secretDigest]),
      ];
    };
    const membersOfSales = async () => (await groupMembers(deps(), northwind, plan.groups[0]!.id, { limit: 10 })).records.map(({ value }) => value.user);
    const isWhole = async () => {
      expect((await listTenants(deps(), { limit: 100 })).records).toHaveLength(2);
      expect((await listUsers(deps(), { limit: 100 })).records).toHaveLength(5);
      expect((await membersOf(deps(), northwind, { limit: 10 })).records).toHaveLength(4);
      expect((await tenantsOf(deps(), ben)).map(({ tenant }) => tenant.name)).toEqual(['Contoso', 'Northwind']);
      expect(await liveDelegationsTo(deps(), northwind, ben)).toMatchObject([{ giver: ada, permissions: ['meetings:read', 'calendar:read'] }]);
      expect((await contextMembers(deps(), northwind, plan.contexts[0]!.id, { limit: 10 })).records.map(({ value }) => value.role)).toEqual(['owner', 'participant']);
      const chain = await readChain(deps(), northwind, { kind: 'list', id: 'sales-tasks' }, [ben]);
      const member = await findMember(deps(), northwind, ben);
      expect(chain?.nodes.map(({ value }) => value.title)).toEqual(['Sales tasks', 'Sales', 'Company', 'Northwind']);
      expect(chain && member && rightOfMember(chain, member)).toBe('write');
      expect((await membersOfSales()).toSorted()).toEqual([ben, dan]);
      expect(await findLiveApp(deps(), plan.unverifiedApp.id)).toMatchObject({ app: { listed: true, developer: { verified: false } }, version: { status: 'live' } });
      const live = await findLiveApp(deps(), plan.app.id);
      expect(live).toMatchObject({ app: { name: 'Scheduler Pro', developer: { verified: true } }, version: { status: 'live', sharedAccess: true } });
    };

    it('is made once, and every later start finds it and its secrets', async () => {
      const first = await makeDemoWorld(deps(), options);
      await isWhole();
      expect((await findUserByEmail(deps(), 'ada@northwind.example'))?.passwordHash).toBe('hash of a long password');
      const second = await makeDemoWorld(deps(), { ...options, secrets: first.secrets });
      expect(second).toEqual(first);
      await isWhole();
      expect(await fits(second)).toEqual([true, true, true]);
    });

    it('is one world when several servers make it at the same time', async () => {
      const worlds = await Promise.all(Array.from({ length: 4 }, () => makeDemoWorld(deps(), options)));
      await isWhole();
      expect(new Set(worlds.map(({ app }) => app.id)).size).toBe(1);
    });

    it('gives new secrets to one who lost them', async () => {
      const first = await makeDemoWorld(deps(), options);
      for (let n = 0; n < 3; n += 1) {
        const again = await makeDemoWorld(deps(), options);
        expect(again.secrets.app).not.toBe(first.secrets.app);
        expect(await fits(again)).toEqual([true, true, true]);
      }
    });

    it('does not bring back what somebody ended', async () => {
      const { secrets } = await makeDemoWorld(deps(), options);
      const [delegation] = await liveDelegationsTo(deps(), northwind, ben);
      await endDelegation(deps(), northwind, delegation!.id, 'receiver', by(ben));
      await removeMember(deps(), { tenant: northwind, user: dan }, system);
      await setAppStatus(deps(), { id: plan.app.id, status: 'disabled' }, system);
      const { app } = await makeDemoWorld(deps(), { ...options, secrets });
      expect(app.status).toBe('disabled');
      expect(await liveDelegationsTo(deps(), northwind, ben)).toEqual([]);
      expect(await tenantsOf(deps(), dan)).toEqual([]);
    });

    it('follows the sample app to another address', async () => {
      const { secrets } = await makeDemoWorld(deps(), options);
      const redirectUris = ['http://127.0.0.1:4001/callback'];
      await makeDemoWorld(deps(), { ...options, secrets, plan: { ...plan, app: { ...plan.app, content: { ...plan.app.content, redirectUris } } } });
      expect((await findLiveApp(deps(), plan.app.id))?.version).toMatchObject({ redirectUris, number: 2 });
    });

    it('gives the sample app a version for what it asks for more', async () => {
      const { secrets } = await makeDemoWorld(deps(), options);
      const { content } = plan.app;
      const more = { ...content, permissions: { ...content.permissions, tenant: { ...content.permissions.tenant, optional: [...content.permissions.tenant.optional, 'notices:send'] } } };
      await makeDemoWorld(deps(), { ...options, secrets, plan: { ...plan, app: { ...plan.app, content: more } } });
      expect((await findLiveApp(deps(), plan.app.id))?.version).toMatchObject({ number: 2, permissions: { tenant: { optional: expect.arrayContaining(more.permissions.tenant.optional) } } });
    });

    it('xR2 is finished by the next start, wherever the first one died', async () => {
      // Each round dies a little later than the one before, on what the rounds before have left.
      let died = 0;
      for (let at = 1; at < 200; at += 3) {
        const { store } = failingStore(deps().store, { at, when: at % 2 === 0 ? 'before' : 'after', forGood: true });
        const alive = await makeDemoWorld({ ...deps(), store }, options).then(() => true, () => false);
        if (alive) break;
        died += 1;
      }
      expect(died).toBeGreaterThan(5);
      const world = await makeDemoWorld(deps(), options);
      await isWhole();
      expect(await fits(world)).toEqual([true, true, true]);
    });
  });

  it('says what is wrong with its file', () => {
    expect(() => loadDemoPlan('config/permissions.yaml')).toThrow(/line 1: Unknown here: resource,permissions/);
  });
});
