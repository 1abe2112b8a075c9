import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { setAppStatus } from '#src/apps/app-store.ts';
import { approveApp, blockApp } from '#src/approvals/change-approval.ts';
import { openReview } from '#src/approvals/review-store.ts';
import { readGrant } from '#src/consent/grant-store.ts';
import type { AppId } from '#src/ids.ts';
import { readInstallation } from '#src/installations/installation-store.ts';
import { allowPath } from '#src/marketplace/missing-permission.ts';
import { by, system } from '#test/support/domain.ts';
import { createHttpBrowser, type HttpBrowser } from '#test/support/http-browser.ts';

import { LAUNCH, startMarketSite, type MarketSite } from './site.ts';

let site: MarketSite;
beforeAll(async () => {
  site = await startMarketSite();
});
afterAll(() => site.close());

const visitor = () => createHttpBrowser();
const open = (browser: HttpBrowser, path: string) => browser.open(site.at(path), { stopAt: 'https:' });
/** The apps on a page of the marketplace, in its order. */
const names = (html: string): string[] => [...html.matchAll(/<h3><a [^>]*><bdi>(.*?)<\/bdi>/g)].map(([, name = '']) => name);

describe('the marketplace', () => {
  it('shows listed apps to anybody, by name, and finds them by the beginnings of words', async () => {
    await site.makeApp('Minutes', { tagline: 'Writes down what was said', developer: { name: 'Écrit & Co' } });
    await site.makeApp('Zebra Board', { tagline: 'A board for scheduling zebras' });
    await site.makeApp('Hidden', { listed: false });
    expect(names((await open(visitor(), '/apps')).html)).toEqual(['Minutes', 'Scheduler Pro', 'Zebra Board']);
    const found = async (text: string) => names((await open(visitor(), `/apps?q=${encodeURIComponent(text)}`)).html);
    expect(await found('sched')).toEqual(['Scheduler Pro', 'Zebra Board']);
    expect(await found('zebra sched')).toEqual(['Zebra Board']);
    expect(await found('ECRIT')).toEqual(['Minutes']);
    expect(await found('said minutes co')).toEqual(['Minutes']);
    expect(await found('hidden')).toEqual([]);
    expect(await found('nothing like it')).toEqual([]);
  });

  it('xC6 shows what was typed and what apps are called as text', async () => {
    await site.makeApp('<b>Bold</b>', { tagline: '<script>alert(1)</script>' });
    const { html } = await open(visitor(), `/apps?q=${encodeURIComponent('"><script>bold')}`);
    expect(html).not.toMatch(/<script|<b>Bold/);
    expect((await open(visitor(), '/apps?q=bold')).html).toContain('&lt;b&gt;Bold&lt;/b&gt;');
  });

  it('forgets an app that is switched off, and knows it again', async () => {
    const app = await site.makeApp('Off And On');
    await setAppStatus(site.deps, { id: app, status: 'disabled' }, system);
    expect(names((await open(visitor(), '/apps?q=off')).html)).toEqual([]);
    expect((await open(visitor(), `/apps/${app}`)).status).toBe(404);
    await setAppStatus(site.deps, { id: app, status: 'active' }, system);
    expect(names((await open(visitor(), '/apps?q=off')).html)).toEqual(['Off And On']);
  });

  it('pages through many, each once, with cursors that are good for their own search only', async () => {
    for (let n = 10; n < 40; n += 1) await site.makeApp(`Paged ${n}`);
    const first = await open(visitor(), '/apps?q=paged');
    expect(names(first.html)).toHaveLength(24);
    const next = /<a class="button small" href="([^"]+)" rel="next">/.exec(first.html)?.[1]?.replaceAll('&amp;', '&') ?? '';
    expect(names((await open(visitor(), next)).html)).toEqual(['Paged 34', 'Paged 35', 'Paged 36', 'Paged 37', 'Paged 38', 'Paged 39']);
    expect((await open(visitor(), next.replace('q=paged', 'q=page'))).status).toBe(400);
    expect((await open(visitor(), '/apps?after=AAAA')).status).toBe(400);
  });

  it("xT1 shows a tenant's own apps to its members alone", async () => {
    const own = await site.makeApp('Canteen', { owner: site.contoso });
    const [ben, ada] = [await site.signIn(site.people.ben), await site.signIn(site.people.ada)];
    expect((await open(ben, '/apps')).html).toContain('Apps of <bdi>Contoso</bdi>');
    expect(names((await open(ben, '/apps?q=cant')).html)).toEqual(['Canteen']);
    expect((await open(ben, `/apps/${own}`)).html).toContain('In <bdi>Contoso</bdi>');
    for (const other of [ada, visitor()]) {
      expect(names((await open(other, '/apps?q=cant')).html)).toEqual([]);
      expect((await open(other, `/apps/${own}`)).status).toBe(404);
    }
    expect((await open(ben, `/apps/${own}/ask?tenant=${site.northwind}`)).status).toBe(404);
  });
});

describe("an app's page", () => {
  it('shows who made it and what it may do, by identity and level, to anybody', async () => {
    const { html, headers } = await open(visitor(), `/apps/${site.scheduler}`);
    for (const words of ['Example Software', 'Verified developer', 'When it acts as you', 'When it acts for the whole organisation', 'See your meetings', 'Restricted', 'Sensitive', 'Privacy policy', 'Sign in']) {
      expect(html).toContain(words);
    }
    expect(html).not.toContain('Northwind');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    const unverified = await site.makeApp('Stranger', { developer: { verified: false } });
    expect((await open(visitor(), `/apps/${unverified}`)).html).toContain('Nobody has checked who made this app');
    expect((await open(visitor(), '/apps/app_unknown')).status).toBe(404);
  });

  it('leads a member to the app to install it, with the tenant named, and to open it later', async () => {
    const ben = await site.signIn(site.people.ben);
    const page = await open(ben, `/apps/${site.scheduler}?tenant=${site.northwind}`);
    expect(page.html).toContain(`href="${LAUNCH}?iss=https%3A%2F%2Fassent.example&amp;tenant=${site.northwind}">Install</a>`);
    expect(page.html).not.toContain('Install for the whole organisation');
    await site.connect(site.people.ben, site.scheduler);
    expect((await open(ben, `/apps/${site.scheduler}?tenant=${site.northwind}`)).html).toMatch(/Connected[\s\S]*>Open<\/a>/);
    expect((await open(ben, `/apps/${site.scheduler}?tenant=${site.contoso}`)).html).toContain('>Install</a>');
  });

  it('explains where to begin when the app says no address', async () => {
    const app = await site.makeApp('No Launch', { launchUri: null });
    const { html } = await open(await site.signIn(site.people.dan), `/apps/${app}`);
    expect(html).toContain('Begin in the app itself');
  });

  it('Z10 lets a member ask for what needs approval, and shows them their request', async () => {
    const app = await site.makeApp('Reader', { permissions: { user: { required: ['messages:read'] } } });
    const dan = await site.signIn(site.people.dan);
    const page = await open(dan, `/apps/${app}`);
    expect(page.html).toMatch(/Needs approval[\s\S]*Read your messages/);
    const ask = await open(dan, `/apps/${app}/ask?tenant=${site.northwind}`);
    expect(ask.html).toContain('Ada Lovelace');
    const asked = await dan.submit(ask, { button: 'Ask for approval', fill: { reason: 'To find old invoices' } });
    expect(asked.url.pathname).toMatch(/^\/requests\/ten_northwind\/rev_/);
    const review = await openReview(site.deps, site.northwind, app);
    expect(review?.value).toMatchObject({ permissions: { user: ['messages:read'], tenant: [] }, requests: [{ user: site.people.dan.id, reason: 'To find old invoices', resume: `/apps/${app}?tenant=ten_northwind` }] });
    expect((await open(dan, `/apps/${app}`)).html).toMatch(/In review[\s\S]*See your request/);
  });

  it('tells when the tenant blocked it', async () => {
    const app = await site.makeApp('Blocked');
    await blockApp(site.deps, { tenant: site.northwind, app }, system);
    const { html } = await open(await site.signIn(site.people.dan), `/apps/${app}`);
    expect(html).toContain('It is blocked here.');
    expect(html).not.toMatch(/>(Install|Ask for approval)<\/a>/);
  });

  it('R10 never shuts out somebody who is connected, whatever else it asks for', async () => {
    const app = await site.makeApp('Growing', { permissions: { user: { required: ['meetings:read', 'messages:read'] } } });
    await site.connect(site.people.dan, app);
    const { html } = await open(await site.signIn(site.people.dan), `/apps/${app}`);
    expect(html).toMatch(/Connected[\s\S]*>Open<\/a>/);
  });
});

describe('installing for the whole organisation', () => {
  it('takes an admin through one page: what it may do, whose data, and the installation is there', async () => {
    const app = await site.makeApp('Org App');
    const chloe = await site.signIn(site.people.chloe);
    expect((await open(chloe, `/apps/${app}`)).html).toContain('Install for the whole organisation');
    const page = await open(chloe, `/apps/${app}/install?tenant=${site.northwind}`);
    expect(page.html).toMatch(/Send notices as itself[\s\S]*See which rooms are free/);
    expect(page.html).toContain('See all meetings of the organisation');
    const found = await chloe.submit(page, { button: 'Find members', fill: { query: 'dan', for: 'some' }, tick: ['permission=rooms:read', `group=${site.sales.id}`] });
    const choose = { for: 'some' };
    const done = await chloe.submit(found, { button: 'Install', fill: choose, tick: [`member=${site.people.dan.id}`] });
    expect(done.url.pathname).toBe(`/admin/${site.northwind}/installations/${app}`);
    expect(done.html).toContain('It is installed.');
    expect((await readInstallation(site.deps, site.northwind, app))?.value).toMatchObject({
      permissions: ['notices:send', 'rooms:read'],
      dataRange: { kind: 'some', groups: [site.sales.id], members: [site.people.dan.id] },
      installedBy: site.people.chloe.id,
    });
    expect((await open(chloe, `/apps/${app}`)).html).toContain('Manage the installation');
  });

  it('xA4 is refused to a member, who is told who can', async () => {
    const app = await site.makeApp('Not Yours');
    const page = await open(await site.signIn(site.people.dan), `/apps/${app}/install?tenant=${site.northwind}`);
    expect(page).toMatchObject({ status: 403 });
    expect(page.html).toMatch(/Ada Lovelace[\s\S]*Chloe Martin/);
    expect(await readInstallation(site.deps, site.northwind, app)).toBeUndefined();
  });

  it('xC1 takes no form that another page made, and xC3 one of two that are sent at once', async () => {
    const app = await site.makeApp('Raced');
    const [ada, chloe] = [await site.signIn(site.people.ada), await site.signIn(site.people.chloe)];
    const path = `/apps/${app}/install?tenant=${site.northwind}`;
    const forged = await fetch(site.at(`/apps/${app}/install`), { method: 'POST', body: new URLSearchParams({ tenant: site.northwind, do: 'install' }), headers: { cookie: `assent_session=${ada.cookie(site.web.origin, 'assent_session')}` } });
    expect(forged.status).toBe(403);
    const [mine, hers] = [await open(ada, path), await open(chloe, path)];
    const answers = await Promise.all([ada.submit(mine, { button: 'Install' }), chloe.submit(hers, { button: 'Install' })]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409]);
  });
});

describe('L7 the link to a missing permission', () => {
  const link = (app: AppId, identity: 'user' | 'tenant', permission: string) => allowPath({ app, tenant: site.northwind, identity, permission });

  it('leads a member who is connected to exactly this one question, and their yes is all it takes', async () => {
    const app = await site.makeApp('Asks More');
    await site.connect(site.people.ben, app);
    const ben = await site.signIn(site.people.ben);
    const page = await open(ben, link(app, 'user', 'meetings:write'));
    expect(page.html).toMatch(/one thing more[\s\S]*Schedule and change your meetings/);
    expect(page.html).not.toContain('See your contacts');
    const done = await ben.submit(page, { button: 'Allow' });
    expect(done.html).toMatch(/Done[\s\S]*Go on in Asks More/);
    expect((await readGrant(site.deps, site.northwind, site.people.ben.id, app))?.value.permissions).toEqual(['openid', 'meetings:read', 'meetings:write']);
    expect((await open(ben, link(app, 'user', 'meetings:write'))).html).toContain('This is allowed already');
  });

  it('xC7 counts only while what the page was made from stands', async () => {
    const app = await site.makeApp('Taken Back');
    await site.connect(site.people.ben, app);
    const ben = await site.signIn(site.people.ben);
    const page = await open(ben, link(app, 'user', 'meetings:write'));
    await site.connect(site.people.ben, app, ['calendar:read']);
    expect((await ben.submit(page, { button: 'Allow' })).status).toBe(409);
    const again = await open(ben, link(app, 'user', 'meetings:write'));
    await blockApp(site.deps, { tenant: site.northwind, app }, system);
    expect((await ben.submit(again, { button: 'Allow' })).status).toBe(409);
    expect((await readGrant(site.deps, site.northwind, site.people.ben.id, app))?.value.permissions).not.toContain('meetings:write');
  });

  it('leads who has not connected the app to where they do, and who is not signed in through signing in', async () => {
    const app = await site.makeApp('Not Connected');
    const dan = await site.signIn(site.people.dan);
    expect((await open(dan, link(app, 'user', 'meetings:write'))).url.pathname).toBe(`/apps/${app}`);
    const stranger = visitor();
    const signIn = await open(stranger, link(app, 'user', 'meetings:write'));
    expect(signIn.url.pathname).toBe('/sign-in');
    expect(new URLSearchParams(signIn.url.search).get('return_to')).toBe(link(app, 'user', 'meetings:write'));
  });

  it('tells a member who cannot grant it who can, and lets them ask for just that', async () => {
    const app = await site.makeApp('Wants Messages');
    await site.connect(site.people.dan, app);
    const dan = await site.signIn(site.people.dan);
    const refusal = await open(dan, link(app, 'user', 'messages:read'));
    expect(refusal).toMatchObject({ status: 403 });
    expect(refusal.html).toMatch(/You cannot allow this yourself[\s\S]*an owner has to approve it first[\s\S]*Ada Lovelace/);
    expect(refusal.html).not.toContain('Chloe');
    const ask = await open(dan, `/apps/${app}/ask?tenant=${site.northwind}&identity=user&permission=messages:read`);
    await dan.submit(ask, { button: 'Ask for approval' });
    const review = await openReview(site.deps, site.northwind, app);
    expect(review?.value).toMatchObject({ permissions: { user: ['messages:read'], tenant: [] }, requests: [{ resume: link(app, 'user', 'messages:read') }] });

    expect((await open(dan, link(app, 'user', 'messages:read'))).url.pathname).toBe(`/requests/${site.northwind}/${review?.value.id}`);
    const owner = await open(await site.signIn(site.people.ada), link(app, 'user', 'messages:read'));
    expect(owner.url.pathname).toBe(`/admin/${site.northwind}/reviews/${review?.value.id}`);
    expect(owner.status).toBe(200);
  });

  it('L7 takes one who decides straight to the review, making it where nobody had asked', async () => {
    const app = await site.makeApp('Decided At Once');
    await site.connect(site.people.ada, app);
    const ada = await site.signIn(site.people.ada);
    const ask = await open(ada, link(app, 'user', 'messages:read'));
    expect(ask.html).toContain('you are one of those who decide');
    const review = await ada.submit(ask, { button: 'Go on to the review' });
    expect(review.url.pathname).toMatch(/^\/admin\/ten_northwind\/reviews\/rev_/);
    expect(review.html).toContain('Approve');
  });

  it('leads an admin to the installation, and tells a member who manages apps', async () => {
    const app = await site.makeApp('For All');
    const [chloe, dan] = [await site.signIn(site.people.chloe), await site.signIn(site.people.dan)];
    expect((await open(chloe, link(app, 'tenant', 'rooms:read'))).url.pathname).toBe(`/apps/${app}/install`);
    const page = await open(chloe, `/apps/${app}/install?tenant=${site.northwind}`);
    await chloe.submit(page, { button: 'Install' });
    expect((await open(chloe, link(app, 'tenant', 'rooms:read'))).url.pathname).toBe(`/admin/${site.northwind}/installations/${app}`);
    const refusal = await open(dan, link(app, 'tenant', 'rooms:read'));
    expect(refusal.status).toBe(403);
    expect(refusal.html).toMatch(/Only somebody who manages apps[\s\S]*Ada Lovelace[\s\S]*Chloe Martin/);
  });

  it('says when nobody can grant it, and is no page at all in a tenant that is not theirs', async () => {
    const dan = await site.signIn(site.people.dan);
    expect((await open(dan, link(site.scheduler, 'user', 'files:read'))).html).toContain('does not declare this permission');
    expect((await open(dan, link(site.scheduler, 'user', ''))).status).toBe(400);
    const foreign = await open(dan, allowPath({ app: site.scheduler, tenant: site.contoso, identity: 'user', permission: 'meetings:read' }));
    const unknown = await open(dan, allowPath({ app: site.scheduler, tenant: 'ten_unknown' as never, identity: 'user', permission: 'meetings:read' }));
    expect([foreign.status, unknown.status]).toEqual([404, 404]);
    const text = (html: string) => html.replaceAll(/<code>.*?<\/code>|value="[^"]*"/g, '');
    expect(text(foreign.html)).toBe(text(unknown.html));
  });

  it('Z10 leads back to the question once it was approved', async () => {
    const app = await site.makeApp('Approved Later');
    await site.connect(site.people.dan, app);
    await approveApp(site.deps, { tenant: site.northwind, app, permissions: { user: ['contacts:read'], tenant: [] }, availability: { kind: 'everyone' } }, by(site.people.ada.id));
    expect((await open(await site.signIn(site.people.dan), link(app, 'user', 'contacts:read'))).html).toMatch(/one thing more[\s\S]*See your contacts/);
  });
});
