import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';

import { setAppStatus } from '#src/apps/app-store.ts';
import { readApprovalFacts } from '#src/approvals/approval-store.ts';
import { approveApp, blockApp, withdrawApproval } from '#src/approvals/change-approval.ts';
import { requestReview } from '#src/approvals/request-review.ts';
import { readGrant } from '#src/consent/grant-store.ts';
import type { AppId } from '#src/ids.ts';
import { suspendInstallation } from '#src/installations/change-installation.ts';
import { readInstallation } from '#src/installations/installation-store.ts';
import { startUseNotes } from '#src/installations/last-use.ts';
import { createLog } from '#src/log.ts';
import { addMember, changeMember, removeMember } from '#src/tenants/member-store.ts';
import { createRole } from '#src/tenants/role-store.ts';
import type { User } from '#src/tenants/user.ts';
import { install } from '#test/installations/world.ts';
import { by, system } from '#test/support/domain.ts';
import type { HttpBrowser } from '#test/support/http-browser.ts';
import { startMarketSite, type MarketSite } from '#test/marketplace/site.ts';

let site: MarketSite;
let chloe: HttpBrowser;
let ada: HttpBrowser;
beforeAll(async () => {
  site = await startMarketSite();
  [chloe, ada] = [await site.signIn(site.people.chloe), await site.signIn(site.people.ada)];
});
afterAll(() => site.close());

const pathOf = (app: AppId, rest = '') => site.at(`/admin/${site.northwind}/apps/${app}${rest}`);
const list = (query = '') => chloe.open(site.at(`/admin/${site.northwind}/apps${query}`));
const open = (app: AppId, rest = '') => chloe.open(pathOf(app, rest));
const connect = (person: User, app: AppId, sharedAccess = false) => site.connect(person, app, ['openid', 'meetings:read'], site.northwind, sharedAccess);
const held = async (person: User, app: AppId) => (await readGrant(site.deps, site.northwind, person.id, app))?.value;
/** The rows of the page's table: what a reader sees of each. */
const rowsOf = (html: string): string[] =>
  (/<tbody>([\s\S]*?)<\/tbody>/.exec(html)?.[1] ?? '').split('</tr>').map((row) => row.replaceAll(/<[^>]+>/g, ' ').replaceAll(/\s+/g, ' ').trim()).filter((row) => row !== '');

describe('Z6 Apps on account', () => {
  it('lists every app that anybody installed, with developer, state, subscribers and last use', async () => {
    const { ben, dan, ada: owner } = site.people;
    const app = await site.makeApp('Alpha Planner', { developer: { name: 'Alpha Works', verified: true } });
    await connect(ben, app);
    const grant = await connect(dan, app, true);
    const notes = startUseNotes({ ...site.deps, log: createLog('silent') }, 3_600_000);
    notes.noteUse({ tenant: site.northwind, id: grant.id, app });
    await notes.stop();
    const installed = await site.makeApp('Beta Board', { developer: { name: 'Nobody Known', verified: false } });
    await install(site, installed, { user: owner.id, permissions: ['notices:send'] });
    const page = await list();
    expect(page.html).toMatch(/<a href="\/admin\/ten_northwind\/apps" aria-current="page">Apps on account<\/a>/);
    const [alpha, beta] = [rowsOf(page.html).find((row) => row.includes('Alpha')), rowsOf(page.html).find((row) => row.includes('Beta'))];
    expect(alpha).toMatch(/^Alpha Planner Alpha Works Verified Allowed by the rules 2 With shared access \d+ \w+ 2\d{3}, \d\d:\d\d UTC Open Alpha Planner$/);
    expect(beta).toBe('Beta Board Nobody Known Allowed by the rules For the whole organisation 0 Not yet Open Beta Board');
  });

  it('tells approved, in review, suspended, withdrawn, blocked, disabled and uninstalled apart, and filters by it', async () => {
    const { deps, northwind, people } = site;
    const made: Record<string, AppId> = {};
    for (const name of ['approved', 'review', 'suspended', 'withdrawn', 'blocked', 'disabled', 'uninstalled']) made[name] = await site.makeApp(`State ${name}`);
    const of = (name: string) => ({ tenant: northwind, app: made[name]! });
    await approveApp(deps, { ...of('approved'), permissions: { user: ['contacts:read'], tenant: [] }, availability: { kind: 'everyone' } }, system);
    await connect(people.ben, made['review']!);
    await requestReview(deps, { ...of('review'), permissions: { user: ['contacts:read'], tenant: [] }, cause: 'request', reason: '', resume: null }, by(people.ben.id));
    await install(site, made['suspended']!, { user: people.ada.id, permissions: ['notices:send'] });
    await suspendInstallation(deps, of('suspended'), by(people.ada.id));
    for (const name of ['withdrawn', 'blocked', 'disabled', 'uninstalled']) await connect(people.ben, made[name]!);
    await withdrawApproval(deps, of('withdrawn'), system);
    await blockApp(deps, of('blocked'), system);
    await setAppStatus(deps, { id: made['disabled']!, status: 'disabled' }, system);
    await chloe.submit(await open(made['uninstalled']!, '/remove'), { button: 'Remove for everybody' });

    const words = { approved: 'Approved', review: 'In review', suspended: 'Suspended', withdrawn: 'Withdrawn', blocked: 'Blocked', disabled: 'Disabled by the operator', uninstalled: 'Uninstalled' };
    const rows = rowsOf((await list('?q=state')).html);
    for (const [name, word] of Object.entries(words)) expect(rows.find((row) => row.startsWith(`State ${name}`))).toContain(`Verified ${word}`);
    for (const [name, state] of [['approved', 'approved'], ['review', 'in_review'], ['suspended', 'suspended'], ['uninstalled', 'uninstalled']]) {
      expect(rowsOf((await list(`?q=state&state=${state}`)).html).map((row) => row.split(' ')[1])).toEqual([name]);
    }
  });

  it('filters by identity and shared access, and searches by name and developer', async () => {
    const { ben, ada: owner } = site.people;
    const [forMembers, forAll] = [await site.makeApp('Gamma One', { developer: { name: 'Gamma Labs', verified: true } }), await site.makeApp('Gamma Two')];
    await connect(ben, forMembers, true);
    await install(site, forAll, { user: owner.id, permissions: ['notices:send'] });
    const names = async (query: string) => rowsOf((await list(query)).html).map((row) => row.split(' ').slice(0, 2).join(' '));
    expect(await names('?q=gamma&identity=user')).toEqual(['Gamma One']);
    expect(await names('?q=gamma&identity=tenant')).toEqual(['Gamma Two']);
    expect(await names('?q=gam&shared=yes')).toEqual(['Gamma One']);
    expect(await names('?q=gamma+labs')).toEqual(['Gamma One']);
    expect((await list('?q=nothing-of-the-kind')).html).toContain('No app fits this.');
  });

  it('goes page by page in the order of names, and no cursor works elsewhere (xT7)', async () => {
    for (let number = 0; number < 23; number += 1) await connect(site.people.ben, await site.makeApp(`Paged ${String(number).padStart(2, '0')}`));
    const first = await list('?q=paged');
    const next = /href="([^"]+)" rel="next"/.exec(first.html)?.[1]?.replaceAll('&amp;', '&') ?? '';
    const second = await chloe.open(site.at(next));
    const numbers = [...rowsOf(first.html), ...rowsOf(second.html)].map((row) => row.split(' ')[1]);
    expect(numbers).toEqual(Array.from({ length: 23 }, (_, number) => String(number).padStart(2, '0')));
    expect(rowsOf(first.html)).toHaveLength(20);
    expect((await list(`?after=${new URL(next, 'http://x').searchParams.get('after')}`)).status).toBe(400);
  });
});

describe('Z6 Current subscribers', () => {
  it('lists each member with Permission Type User, User with Shared Access or Admin, and last use', async () => {
    const { ben, dan, ada: owner } = site.people;
    const app = await site.makeApp('Subscribed');
    await connect(ben, app);
    await connect(dan, app, true);
    await install(site, app, { user: owner.id, permissions: ['notices:send'] });
    const page = await open(app, '/subscribers');
    const types = (html: string) => rowsOf(html).map((row) => [row.split(' ')[0], /(User with Shared Access|User|Admin)/.exec(row)?.[1]]);
    expect(types(page.html)).toEqual(expect.arrayContaining([['Ada', 'Admin'], ['Ben', 'User'], ['Dan', 'User with Shared Access']]));
    expect(types(page.html)).toHaveLength(3);
    expect(types((await open(app, '/subscribers?type=User+with+Shared+Access')).html)).toEqual([['Dan', 'User with Shared Access']]);
    expect(types((await open(app, '/subscribers?type=Admin')).html)).toEqual([['Ada', 'Admin']]);
    await connect(owner, app, true);
    expect(rowsOf((await open(app, '/subscribers?q=lovelace')).html)).toEqual([expect.stringMatching(/^Ada Lovelace ada@northwind.example Admin Also for themselves, with shared access/)]);
  });

  it('finds members by beginnings of their names or by their address', async () => {
    const app = await site.makeApp('Searched');
    for (const person of [site.people.ben, site.people.dan]) await connect(person, app);
    const found = async (text: string) => rowsOf((await open(app, `/subscribers?q=${encodeURIComponent(text)}`)).html).map((row) => row.split(' ')[0]);
    expect(await found('oka')).toEqual(['Ben']);
    expect(await found('sil da')).toEqual(['Dan']);
    expect(await found('DAN@northwind.example')).toEqual(['Dan']);
    expect(await found('chloe')).toEqual([]);
    expect(await found('erin@contoso.example')).toEqual([]);
  });

  it('xT6 shows nobody whose stay or whose grant is over, also when they are back', async () => {
    const { deps, northwind, people } = site;
    const app = await site.makeApp('Left behind');
    for (const person of [people.ben, people.dan]) await connect(person, app);
    await removeMember(deps, { tenant: northwind, user: people.dan.id }, system);
    expect(rowsOf((await open(app, '/subscribers')).html)).toHaveLength(1);
    await addMember(deps, { tenant: northwind, user: people.dan.id, role: 'member' }, system);
    expect(rowsOf((await open(app, '/subscribers')).html)).toHaveLength(1);
    expect(rowsOf((await list('?q=left')).html)[0]).toMatch(/Verified Allowed by the rules 1 Not yet/);
    await chloe.submit(await open(app, '/remove'), { button: 'Remove for everybody' });
    expect((await open(app, '/subscribers')).html).toContain('Nobody has it now.');
  });

  it('removes it for one member after saying exactly what will happen, and for nobody else', async () => {
    const { ben, dan } = site.people;
    const app = await site.makeApp('Taken from one');
    for (const person of [ben, dan]) await connect(person, app, person === ben);
    const page = await open(app, `/subscribers/${ben.id}/remove`);
    expect(page.html).toMatch(/Remove Taken from one for Ben Okafor\?[\s\S]*Every token it has for Ben Okafor in Northwind stops working at once, for good\.[\s\S]*loses the shared access[\s\S]*this one member and nobody else/);
    expect(await held(ben, app)).toBeDefined();
    const after = await chloe.submit(page, { button: 'Remove' });
    expect(after.html).toContain('It was removed for that member.');
    expect([await held(ben, app), (await held(dan, app))?.user]).toEqual([undefined, dan.id]);
    expect((await chloe.submit(page, { button: 'Remove' })).status).toBe(404);
  });
});

describe('an app’s page', () => {
  it('xA7 removes it for everybody in one step that says how many it touches', async () => {
    const { ben, dan, ada: owner } = site.people;
    const app = await site.makeApp('Gone for all');
    for (const person of [ben, dan]) await connect(person, app);
    await install(site, app, { user: owner.id, permissions: ['notices:send'] });
    const page = await open(app, '/remove');
    expect(page.html).toContain('Every token it has for the whole of Northwind and for 2 members stops working at once.');
    const done = await chloe.submit(page, { button: 'Remove for everybody' });
    expect(done.html).toMatch(/Uninstalled<\/span>[\s\S]*It was removed for everybody\./);
    expect((await readApprovalFacts(site.deps, site.northwind, app)).approval).toMatchObject({ status: 'withdrawn', generation: 1 });
    expect(rowsOf((await open(app, '/subscribers')).html)).toEqual([]);
  });

  it('suspends, resumes, uninstalls, withdraws, blocks and unblocks, each after a page that says what will happen', async () => {
    const app = await site.makeApp('Every step');
    await connect(site.people.ben, app);
    await install(site, app, { user: site.people.ada.id, permissions: ['notices:send'] });
    const step = async (name: string, button: string, says: string, then: string) => {
      const page = await open(app, `/${name}`);
      expect(page.html).toContain(says);
      expect((await chloe.submit(page, { button })).html).toMatch(new RegExp(`<h1><bdi>Every step</bdi> <span class="badge[^"]*">${then}</span>`));
    };
    await step('suspend', 'Suspend', 'What 1 member allowed it for themselves goes on.', 'Suspended');
    await step('resume', 'Resume', 'with what it was allowed before', 'Allowed by the rules');
    await step('uninstall', 'Uninstall', 'Its approval stays.', 'Allowed by the rules');
    expect(await readInstallation(site.deps, site.northwind, app)).toBeUndefined();
    await step('withdraw', 'Stop it', 'Every token it has for 1 member stops working at once.', 'Withdrawn');
    await step('block', 'Block the app', 'Nobody can ask for it', 'Blocked');
    await step('unblock', 'Unblock', 'Members can ask for it again.', 'Withdrawn');
    const nothing = await open(app, '/resume');
    expect(nothing.url.pathname).toBe(`/admin/${site.northwind}/apps/${app}`);
  });

  it('S14 shows what is declared, approved and held for each identity; an admin widens and narrows it after seeing what changes', async () => {
    const app = await site.makeApp('Permitted');
    await connect(site.people.ben, app);
    const page = await open(app, '/permissions');
    expect(page.html).toMatch(/For a member[\s\S]*meetings:read[\s\S]*Allowed by the rules[\s\S]*Held by 1 of 1[\s\S]*contacts:read[\s\S]*Needs approval[\s\S]*Held by 0 of 1[\s\S]*For the whole organisation[\s\S]*Not held/);
    const wider = await chloe.submit(page, { button: 'Show what would change', tick: ['allow_user=contacts:read', 'allow_tenant=meetings.all:read'] });
    expect(wider.html).toMatch(/It may hold[\s\S]*contacts:read[\s\S]*meetings\.all:read/);
    expect((await readApprovalFacts(site.deps, site.northwind, app)).approval).toBeUndefined();
    const saved = await chloe.submit(wider, { button: 'Save' });
    expect(saved.html).toContain('What it may hold was changed.');
    const approval = async () => (await readApprovalFacts(site.deps, site.northwind, app)).approval?.permissions;
    expect(await approval()).toEqual({ user: ['contacts:read'], tenant: ['meetings.all:read'] });
    const narrower = await chloe.submit(saved, { button: 'Show what would change', untick: ['allow_user=contacts:read'] });
    expect(narrower.html).toMatch(/It loses at once[\s\S]*It has 1 member[\s\S]*contacts:read/);
    await chloe.submit(narrower, { button: 'Save' });
    expect(await approval()).toEqual({ user: [], tenant: ['meetings.all:read'] });
    const late = await chloe.submit(narrower, { button: 'Save' });
    expect([late.status, late.html.includes('Somebody changed this while the page was open.')]).toEqual([412, true]);
  });

  it('S14 leaves what is restricted to an owner', async () => {
    const app = await site.makeApp('Restricted one');
    await connect(site.people.ben, app);
    const choose = async (browser: HttpBrowser) => {
      const page = await browser.open(pathOf(app, '/permissions'));
      return browser.submit(await browser.submit(page, { button: 'Show what would change', tick: ['allow_tenant=files.all:write'] }), { button: 'Save' });
    };
    const refused = await choose(chloe);
    expect([refused.status, refused.html.includes('an owner has to approve it')]).toEqual([403, true]);
    expect((await choose(ada)).html).toContain('What it may hold was changed.');
  });

  it('shows its history', async () => {
    const app = await site.makeApp('With history');
    await connect(site.people.ben, app);
    await chloe.submit(await open(app, '/block'), { button: 'Block the app' });
    expect((await open(app, '/history')).html).toMatch(/<tbody>[\s\S]*Chloe Martin[\s\S]*Ben Okafor/);
  });

  it('xM2 shows its history without network addresses to those who may not read the audit trail', async () => {
    const app = await site.makeApp('Seen by a viewer');
    await connect(site.people.ben, app);
    await chloe.submit(await open(app, '/block'), { button: 'Block the app' });
    const viewer = await createRole(site.deps, { tenant: site.northwind, name: 'Looks on', capabilities: ['apps.view'] }, system);
    await changeMember(site.deps, { tenant: site.northwind, user: site.people.dan.id, role: viewer.id }, system);
    const dan = await site.signIn(site.people.dan);
    const shown = async (browser: HttpBrowser) => (await browser.open(pathOf(app, '/history'))).html;
    expect([(await shown(chloe)).includes('127.0.0.1'), (await shown(dan)).includes('127.0.0.1'), (await shown(dan)).includes('Chloe Martin')]).toEqual([true, false, true]);
    expect((await dan.open(pathOf(app))).html).not.toContain('Change it for everybody');
    await changeMember(site.deps, { tenant: site.northwind, user: site.people.dan.id, role: 'member' }, system);
  });

  it('xT1 is no page for an app that the tenant has nothing to do with, nor for one that does not exist', async () => {
    const app = await site.makeApp('Elsewhere');
    await site.connect(site.people.ben, app, ['openid'], site.contoso);
    for (const rest of ['', '/subscribers', '/permissions', '/history', '/remove', `/subscribers/${site.people.ben.id}/remove`]) {
      const [foreign, unknown] = [await open(app, rest), await open('app_unknown' as AppId, rest)];
      expect([rest, foreign.status, unknown.status]).toEqual([rest, 404, 404]);
    }
  });
});

describe('the forms', () => {
  it('xA5 do nothing for an admin who was demoted between the page and the answer', async () => {
    const { deps, northwind, people } = site;
    const app = await site.makeApp('Demoted over');
    await connect(people.ben, app);
    const pages = [await open(app, '/remove'), await open(app, `/subscribers/${people.ben.id}/remove`), await open(app, '/block')];
    await changeMember(deps, { tenant: northwind, user: people.chloe.id, role: 'member' }, system);
    try {
      for (const [place, button] of (['Remove for everybody', 'Remove', 'Block the app'] as const).entries()) expect((await chloe.submit(pages[place]!, { button })).status).toBe(404);
      expect(await held(people.ben, app)).toBeDefined();
    } finally {
      await changeMember(deps, { tenant: northwind, user: people.chloe.id, role: 'admin' }, system);
    }
  });

  it('I2 I8 sent once more, because the answer was lost say, make sure that what they took is on disk', async () => {
    const { ben, ada: owner } = site.people;
    const commits = jest.spyOn(site.deps.store, 'commit');
    const durably = () => commits.mock.calls.filter(([change]) => change.durable).length;
    for (const [step, button] of [['suspend', 'Suspend'], ['uninstall', 'Uninstall'], ['withdraw', 'Stop it'], ['block', 'Block the app'], ['remove', 'Remove for everybody']] as const) {
      const app = await site.makeApp(`Twice ${step}`);
      await connect(ben, app);
      await install(site, app, { user: owner.id, permissions: ['notices:send'] });
      const page = await open(app, `/${step}`);
      const first = await chloe.submit(page, { button });
      const before = durably();
      expect([step, (await chloe.submit(page, { button })).html.includes('class="notice'), durably() - before]).toEqual([step, first.html.includes('class="notice'), 1]);
    }
    const app = await site.makeApp('Twice from one');
    await connect(ben, app);
    const page = await open(app, `/subscribers/${ben.id}/remove`);
    await chloe.submit(page, { button: 'Remove' });
    const before = durably();
    expect([(await chloe.submit(page, { button: 'Remove' })).status, durably() - before]).toEqual([404, 1]);
    commits.mockRestore();
  });

  it('say nothing of what they did when there is nothing left to do it to', async () => {
    const app = await site.makeApp('Suspended too late');
    await install(site, app, { user: site.people.ada.id, permissions: ['notices:send'] });
    const [suspend, uninstall] = [await open(app, '/suspend'), await open(app, '/uninstall')];
    await chloe.submit(uninstall, { button: 'Uninstall' });
    const late = await chloe.submit(suspend, { button: 'Suspend' });
    expect([late.status, late.url.search, late.html.includes('It is suspended')]).toEqual([200, '', false]);
  });

  it('xT4 xC1 belong to one app of one tenant and to one step', async () => {
    const [one, other] = [await site.makeApp('Form of one'), await site.makeApp('Form of other')];
    for (const app of [one, other]) await connect(site.people.ben, app);
    const token = (await open(one, '/block')).forms.flatMap(({ controls }) => controls).filter(({ name }) => name === 'csrf').at(-1)?.value ?? '';
    const send = (path: string) =>
      fetch(path, { method: 'POST', body: new URLSearchParams({ csrf: token }), headers: { origin: site.web.origin, cookie: chloe.cookies(site.web.origin) }, redirect: 'manual' });
    for (const path of [pathOf(other, '/block'), pathOf(one, '/remove'), pathOf(one, '/withdraw'), pathOf(one, `/subscribers/${site.people.ben.id}/remove`)]) expect((await send(path)).status).toBe(403);
    expect([(await held(site.people.ben, one))?.app, (await held(site.people.ben, other))?.app]).toEqual([one, other]);
    expect((await send(pathOf(one, '/block'))).status).toBe(303);
  });

  it('xM1 xC6 show what strangers named as text', async () => {
    for (const name of ['<script>alert(1)</script>', '"><img src=x onerror=alert(1)>', '${7*7}{{7*7}}<%= 7*7 %>', "' onmouseover='alert(1)"]) {
      const app = await site.makeApp(name, { developer: { name, verified: false }, tagline: name });
      await connect(site.people.ben, app);
      for (const page of [await list(`?q=${encodeURIComponent(name)}`), await open(app), await open(app, '/subscribers'), await open(app, '/permissions'), await open(app, '/remove'), await open(app, `/subscribers/${site.people.ben.id}/remove`), await open(app, '/history')]) {
        expect(page.status).toBe(200);
        expect(page.html).not.toMatch(/<script>alert|<img src=x|onmouseover='alert|>49</);
      }
    }
  });
});
