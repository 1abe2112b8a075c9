import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { readApprovalFacts } from '#src/approvals/approval-store.ts';
import { approveApp, withdrawApproval } from '#src/approvals/change-approval.ts';
import type { AppId } from '#src/ids.ts';
import { readInstallation } from '#src/installations/installation-store.ts';
import type { HttpBrowser } from '#test/support/http-browser.ts';
import { system } from '#test/support/domain.ts';
import { startMarketSite, type MarketSite } from '#test/marketplace/site.ts';

import { install } from './world.ts';

let site: MarketSite;
let chloe: HttpBrowser;
beforeAll(async () => {
  site = await startMarketSite();
  chloe = await site.signIn(site.people.chloe);
});
afterAll(() => site.close());

const installed = async (name: string, permissions = ['notices:send']): Promise<AppId> => {
  const app = await site.makeApp(name);
  await install(site, app, { user: site.people.ada.id, permissions });
  return app;
};
const pathOf = (app: AppId, step = '') => site.at(`/admin/${site.northwind}/installations/${app}${step}`);
const now = async (app: AppId) => (await readInstallation(site.deps, site.northwind, app))?.value;

describe('the installations of a tenant', () => {
  it('are listed for those who may see apps, and are no page for others', async () => {
    await installed('Listed One');
    const list = await chloe.open(site.at(`/admin/${site.northwind}/installations`));
    expect(list.html).toMatch(/Listed One[\s\S]*1 permission[\s\S]*All members/);
    expect(list.html).toMatch(/<a href="\/admin\/ten_northwind\/installations" aria-current="page">Installations<\/a>/);
    for (const who of [site.people.dan, site.people.erin]) {
      const browser = await site.signIn(who);
      const [here, nowhere] = [await browser.open(site.at(`/admin/${site.northwind}/installations`)), await browser.open(site.at('/admin/ten_unknown/installations'))];
      expect([here.status, nowhere.status]).toEqual([404, 404]);
    }
  });

  it('S14 show in words what an app holds and could hold; an admin narrows and widens it', async () => {
    const app = await installed('Narrowed');
    const page = await chloe.open(pathOf(app));
    expect(page.html).toMatch(/Send notices as itself[\s\S]*Needed by the app[\s\S]*See which rooms are free/);
    expect(page.html).toMatch(/Has to be approved first[\s\S]*See all meetings of the organisation/);
    const wider = await chloe.submit(page, { button: 'Save permissions', tick: ['permission=rooms:read'] });
    expect(wider.html).toContain('What it may do was changed.');
    expect(await now(app)).toMatchObject({ permissions: ['notices:send', 'rooms:read'] });
    await chloe.submit(wider, { button: 'Save permissions', untick: ['permission=notices:send'] });
    expect(await now(app)).toMatchObject({ permissions: ['rooms:read'] });
  });

  it('S14 say when something that is held has no effect any more', async () => {
    const app = await site.makeApp('Idle');
    const approval = { tenant: site.northwind, app, permissions: { user: [], tenant: ['meetings.all:read'] }, availability: { kind: 'everyone' } } as const;
    await approveApp(site.deps, approval, system);
    await install(site, app, { user: site.people.ada.id, permissions: ['notices:send', 'meetings.all:read'] });
    expect((await chloe.open(pathOf(app))).html).not.toContain('It has no effect now');
    await withdrawApproval(site.deps, { tenant: site.northwind, app }, system);
    expect((await chloe.open(pathOf(app))).html).toContain('It has no effect now: It is not approved any more.');
  });

  it('refuse a change from a page that is old, and show what is there now', async () => {
    const app = await installed('Changed Twice');
    const [first, second] = [await chloe.open(pathOf(app)), await chloe.open(pathOf(app))];
    await chloe.submit(first, { button: 'Save permissions', tick: ['permission=rooms:read'] });
    const late = await chloe.submit(second, { button: 'Save permissions' });
    expect(late.status).toBe(412);
    expect(late.html).toMatch(/Somebody changed this while the page was open[\s\S]*value="rooms:read" checked/);
    expect(await now(app)).toMatchObject({ permissions: ['notices:send', 'rooms:read'] });
  });

  it('L6 have a data range that is chosen without scripts: groups, and members that a search finds', async () => {
    const app = await installed('Ranged');
    const page = await chloe.open(pathOf(app));
    const found = await chloe.submit(page, { button: 'Find members', fill: { for: 'some', query: 'ben' }, tick: [`group=${site.sales.id}`] });
    const saved = await chloe.submit(found, { button: 'Save data range', fill: { for: 'some' }, tick: [`member=${site.people.ben.id}`] });
    expect(saved.html).toMatch(/Whose data it reaches was changed[\s\S]*Sales[\s\S]*Ben Okafor/);
    expect(await now(app)).toMatchObject({ dataRange: { kind: 'some', groups: [site.sales.id], members: [site.people.ben.id] } });
    const nobody = await chloe.submit(saved, { button: 'Save data range', fill: { for: 'some' }, untick: [`member=${site.people.ben.id}`, `group=${site.sales.id}`] });
    expect(nobody.status).toBe(422);
    expect(nobody.html).toContain('Choose at least one group or member.');
    await chloe.submit(await chloe.open(pathOf(app)), { button: 'Save data range', fill: { for: 'everyone' }, untick: [`member=${site.people.ben.id}`, `group=${site.sales.id}`] });
    expect(await now(app)).toMatchObject({ dataRange: { kind: 'all' } });
  });

  it('are suspended, resumed and uninstalled after a page that says what will happen', async () => {
    const app = await installed('Stopped');
    const step = async (name: string, button: string, words: RegExp) => {
      const page = await chloe.open(pathOf(app, `/${name}`));
      expect(page.html).toMatch(words);
      return chloe.submit(page, { button });
    };
    expect((await step('suspend', 'Suspend', /stop working at once/)).html).toMatch(/Suspended[\s\S]*It is suspended/);
    expect(await now(app)).toMatchObject({ status: 'suspended' });
    expect((await step('resume', 'Resume', /with what was allowed before/)).html).toContain('It works again.');
    const gone = await step('uninstall', 'Uninstall', /for good/);
    expect(gone.url.pathname).toBe(`/admin/${site.northwind}/installations`);
    expect(gone.html).toContain('The app was uninstalled.');
    expect(await now(app)).toBeUndefined();
    expect((await chloe.open(pathOf(app))).status).toBe(404);
  });

  it('xA7 are removed with everything the app had', async () => {
    const app = await installed('Removed');
    await site.connect(site.people.dan, app);
    await chloe.submit(await chloe.open(pathOf(app, '/remove')), { button: 'Remove everything' });
    expect((await readApprovalFacts(site.deps, site.northwind, app)).approval).toMatchObject({ status: 'withdrawn', generation: 1 });
    expect((await (await site.signIn(site.people.dan)).open(site.at(`/apps/${app}`))).html).not.toContain('Connected');
  });

  it('xA4 xC1 are changed by no member, by no GET and by no form of another page', async () => {
    const app = await installed('Guarded');
    const dan = await site.signIn(site.people.dan);
    const cookie = (browser: HttpBrowser) => ({ cookie: `assent_session=${browser.cookie(site.web.origin, 'assent_session')}` });
    for (const step of ['/permissions', '/data-range', '/suspend', '/uninstall', '/remove']) {
      const send = (browser: HttpBrowser) => fetch(pathOf(app, step), { method: 'POST', body: new URLSearchParams({ version: '1' }), headers: cookie(browser), redirect: 'manual' });
      expect((await send(dan)).status).toBe(404);
      expect((await send(chloe)).status).toBe(403);
    }
    expect((await dan.open(pathOf(app))).status).toBe(404);
    await chloe.open(pathOf(app, '/suspend'));
    expect(await now(app)).toMatchObject({ status: 'active', permissions: ['notices:send'] });
  });
});
