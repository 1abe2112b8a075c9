import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import { createHttpBrowser, type HttpBrowser } from '#test/support/http-browser.ts';
import { connect as connectAs, introspect, refresh, revoke, signIn } from '#test/support/oauth-flow.ts';
import { approve, forgetApp, install, tenantToken } from '#test/support/tenant-tokens.ts';
import { startWorld, type Person, type World } from '#test/support/world.ts';

let world: World;
let ada: HttpBrowser;
let [tenant, app]: [string, string] = ['', ''];
beforeAll(async () => {
  world = await startWorld();
  ada = createHttpBrowser();
  await signIn(world, ada, world.people.ada);
  [tenant, app] = [world.tenants.northwind, world.apps.scheduler.id];
});
afterAll(() => world.stop());
afterEach(() => forgetApp(world));

/** Each stays signed in. */
const browsers = new Map<string, HttpBrowser>();
function connect(to: World, person: Person, options: Parameters<typeof connectAs>[2] = {}) {
  const browser = browsers.get(person.id) ?? createHttpBrowser();
  browsers.set(person.id, browser);
  return connectAs(to, person, { browser, ...options });
}

const page = (path: string) => ada.open(`${world.issuer}/admin/${tenant}/${path}`);
const press = async (path: string, button: string) => ada.submit(await page(path), { button });
const active = async (token: string): Promise<boolean> => (await introspect(world, token)).body.active;
const refreshed = async (token: string): Promise<number> => (await refresh(world, world.apps.scheduler, token)).status;
const listed = async (query = ''): Promise<any> => (await world.manage.get(`/tenants/${tenant}/apps${query}`)).items.find((each: { app: string }) => each.app === app);
const subscribers = async (query = ''): Promise<any[]> => (await world.manage.get(`/tenants/${tenant}/apps/${app}/subscribers${query}`)).items;

describe('what an admin takes back on the pages', () => {
  it('Z6 removed for one member: their tokens are dead with the answer, those of others live', async () => {
    const [ben, dan] = [await connect(world, world.people.ben), await connect(world, world.people.dan)];
    await press(`apps/${app}/subscribers/${world.people.ben.id}/remove`, 'Remove');
    expect([await active(ben.tokens.access_token), await refreshed(ben.tokens.refresh_token)]).toEqual([false, 400]);
    expect([await active(dan.tokens.access_token), await refreshed(dan.tokens.refresh_token)]).toEqual([true, 200]);
    expect((await subscribers()).map(({ user }) => user)).toEqual([world.people.dan.id]);
  });

  it('xA7 removed for everybody: every token of every identity is dead, also after a new approval', async () => {
    await approve(world, { permissions: { tenant: ['meetings.all:read'] } });
    const ben = await connect(world, world.people.ben);
    const { body: own } = await install(world, world.people.ada);
    await press(`apps/${app}/remove`, 'Remove for everybody');
    await approve(world, { permissions: { tenant: ['meetings.all:read'] } });
    expect([await active(ben.tokens.access_token), await refreshed(ben.tokens.refresh_token), await active(own.access_token), (await tenantToken(world)).status]).toEqual([false, 400, false, 400]);
  });

  it('suspended and resumed: the organisation’s token stops and works again, members go on', async () => {
    await approve(world, { permissions: { tenant: ['meetings.all:read'] } });
    const ben = await connect(world, world.people.ben);
    const { body: own } = await install(world, world.people.ada);
    await press(`apps/${app}/suspend`, 'Suspend');
    expect([await active(own.access_token), await active(ben.tokens.access_token), (await listed()).state]).toEqual([false, true, 'suspended']);
    await press(`apps/${app}/resume`, 'Resume');
    expect([(await tenantToken(world)).status, (await listed()).state]).toEqual([200, 'approved']);
  });

  it('S14 narrowed: what is not approved any more is out of live tokens at once', async () => {
    await approve(world, { permissions: { user: ['contacts:read'] } });
    const { tokens } = await connect(world, world.people.ben, { parameters: { scope: 'openid meetings:read contacts:read' }, tick: ['permission=contacts:read'] });
    expect((await introspect(world, tokens.access_token)).body.scope).toContain('contacts:read');
    const change = await ada.submit(await page(`apps/${app}/permissions`), { button: 'Show what would change', untick: ['allow_user=contacts:read'] });
    await ada.submit(change, { button: 'Save' });
    expect((await introspect(world, tokens.access_token)).body.scope).not.toContain('contacts:read');
    expect(await active(tokens.access_token)).toBe(true);
  });

  it('xT6 a member deactivated has no token that works; removed and added again, the old ones stay dead', async () => {
    const { id } = world.people.chloe;
    const chloe = await connect(world, world.people.chloe);
    await press(`members/${id}/deactivate`, 'Deactivate');
    expect(await active(chloe.tokens.access_token)).toBe(false);
    expect((await subscribers()).map(({ user, status }) => [user, status])).toEqual([[id, 'inactive']]);
    await press(`members/${id}/reactivate`, 'Reactivate');
    await press(`members/${id}/remove`, 'Remove');
    await world.manage.post(`/tenants/${tenant}/members`, { user: id });
    expect([await active(chloe.tokens.access_token), await refreshed(chloe.tokens.refresh_token), await subscribers()]).toEqual([false, 400, []]);
  });
});

describe('what a member takes back', () => {
  it('Z5 Z6 shared access alone: the admin sees User with Shared Access, and then User', async () => {
    const { tokens, browser } = await connect(world, world.people.ben, { tick: ['shared_access'] });
    const type = async () => /Ben Okafor<(?:(?!<\/tr>)[\s\S])*?>(User with Shared Access|User|Admin)</.exec((await page(`apps/${app}/subscribers`)).html)?.[1];
    expect(await type()).toBe('User with Shared Access');
    await browser.submit(await browser.open(`${world.issuer}/account/apps/${tenant}/${app}`), { button: 'Revoke Shared Access Permissions' });
    expect([await type(), (await introspect(world, tokens.access_token)).body.scope.includes('shared_access'), await active(tokens.access_token)]).toEqual(['User', false, true]);
  });
});

describe('what an app gives back', () => {
  it('Z11 P10 revoked by the app (RFC 7009): the member’s app is uninstalled, for them and on the account', async () => {
    const { notes } = world.apps;
    const { tokens } = await connect(world, world.people.ben, { app: notes, parameters: { scope: 'openid calendar:read offline_access' } });
    const state = async () => /<h1><bdi>Notes<\/bdi> <span class="badge[^"]*">([^<]+)</.exec((await page(`apps/${notes.id}`)).html)?.[1];
    expect(await state()).toBe('Allowed by the rules');
    expect((await page(`members/${world.people.ben.id}`)).html).toContain('Notes');
    expect((await revoke(world, notes, tokens.refresh_token)).status).toBe(200);
    expect([await state(), await active(tokens.access_token)]).toEqual(['Uninstalled', false]);
    expect((await page(`members/${world.people.ben.id}`)).html).not.toContain('Notes');
  });
});

describe('for operators', () => {
  it('Z6 the management API lists apps on account and subscribers with the same filters, and pages', async () => {
    await connect(world, world.people.ben, { tick: ['shared_access'] });
    await connect(world, world.people.dan);
    expect(await listed('?q=scheduler&sharedAccess=true&identity=user')).toMatchObject({ name: 'Scheduler Pro', developer: { name: 'Example Software', verified: true }, subscribers: { count: 2, more: false }, sharedAccess: true, installation: null });
    expect(await listed('?state=blocked')).toBeUndefined();
    const types = async (query: string) => (await subscribers(query)).map(({ name, permissionType }) => [name, permissionType]);
    expect(await types('?permissionType=User%20with%20Shared%20Access')).toEqual([['Ben Okafor', 'User with Shared Access']]);
    expect(await types('?q=silva')).toEqual([['Dan Silva', 'User']]);
    const first = await world.manage.get(`/tenants/${tenant}/apps/${app}/subscribers?limit=1`);
    const second = await world.manage.get(`/tenants/${tenant}/apps/${app}/subscribers?limit=1&after=${first.next}`);
    expect([first, second].map(({ items }) => items[0].name).toSorted()).toEqual(['Ben Okafor', 'Dan Silva']);
    expect((await world.manage.ask('GET', `/tenants/${tenant}/apps/${app}/subscribers?limit=1&q=ben&after=${first.next}`)).body.code).toBe('invalid_cursor');
  });

  it('the kill switch says what it touches, before and after', async () => {
    const { tokens } = await connect(world, world.people.ben);
    const reach = { tenants: 1, installations: 0, grants: 1, more: false, countedAt: null };
    expect(await world.manage.get(`/apps/${app}/reach`)).toEqual(reach);
    try {
      expect(await world.manage.put(`/apps/${app}/status`, { status: 'disabled' })).toMatchObject({ status: 'disabled', reach });
      expect([await active(tokens.access_token), (await listed()).state]).toEqual([false, 'disabled']);
      expect((await page(`apps/${app}`)).html).toContain('The operator switched it off everywhere.');
    } finally {
      await world.manage.put(`/apps/${app}/status`, { status: 'active' });
    }
  });
});
