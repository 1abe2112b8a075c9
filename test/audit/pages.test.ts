import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { judgePages, launchChromium } from '#test/support/chromium.ts';
import { createHttpBrowser, type HttpBrowser, type HttpPage } from '#test/support/http-browser.ts';
import { connect, signIn } from '#test/support/oauth-flow.ts';
import { publishVersion } from '#test/support/register-app.ts';
import { READS_AND_WRITES, siteVersion } from '#test/support/sites.ts';
import { install } from '#test/support/tenant-tokens.ts';
import { startWorld, type World } from '#test/support/world.ts';

let world: World;
let admin: HttpBrowser;
let here: string;

beforeAll(async () => {
  world = await startWorld({ settings: { ASSENT_TRUSTED_PROXIES: '1' } });
  const { tenants: { northwind }, people: { ada, ben, chloe }, apps: { scheduler } } = world;
  here = `${world.issuer}/admin/${northwind}/audit`;
  await install(world, ada);
  const { browser } = await connect(world, ben, { tick: ['shared_access'] });
  await browser.submit(await browser.open(`${world.issuer}/account/apps/${northwind}/${scheduler.id}`), { button: 'Revoke Shared Access Permissions' });
  const { id: group } = await world.manage.post(`/tenants/${northwind}/groups`, { name: 'Sales <b>' });
  await world.manage.put(`/tenants/${northwind}/groups/${group}/members/${chloe.id}`, undefined);
  await world.manage.remove(`/tenants/${northwind}/groups/${group}`);
  await world.manage.remove(`/tenants/${northwind}/members/${world.people.dan.id}`);
  admin = createHttpBrowser();
  await signIn(world, admin, ada);
}, 30_000);
afterAll(() => world.stop());

const text = (html: string): string => html.replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' ');
const sentencesOn = ({ html }: HttpPage): string[] => [...html.matchAll(/<th scope="row" class="told"><bdi>(.*?)<\/bdi>/g)].map(([, sentence = '']) => sentence);
const at = (query: Record<string, string>): Promise<HttpPage> => admin.open(`${here}?${new URLSearchParams(query).toString()}`);

describe('the audit page', () => {
  test('Z13 tells who did what, by name, newest first, and what is gone by its id', async () => {
    const page = await admin.open(here);
    expect(page.status).toBe(200);
    const sentences = sentencesOn(page);
    expect(sentences.slice(0, 9)).toEqual([
      'The platform removed Dan Silva from the organisation',
      expect.stringMatching(/^The platform removed the group grp_\w+$/),
      expect.stringMatching(/^The platform put Chloe Martin into the group grp_\w+$/),
      expect.stringMatching(/^The platform created the group grp_\w+$/),
      'Ben Okafor no longer lets Scheduler Pro use what others share with them',
      'Ben Okafor let Scheduler Pro use what others share with them',
      'Ben Okafor authorized Scheduler Pro',
      'Ada Lovelace installed Scheduler Pro for the organisation',
      'Ada Lovelace approved Scheduler Pro',
    ]);
    expect(sentences).toContain('The platform recorded that Ada Lovelace delegates to Ben Okafor');
    expect(text(page.html)).toContain('page 127.0.0.1');
    expect(text(page.html)).not.toContain('management API 127.0.0.1');
    expect(page.html).not.toMatch(/<script|Sales <b>/);
  });

  test('believes a trusted proxy about where a request came from, and nothing else', async () => {
    const visitor = createHttpBrowser();
    const form = await visitor.open(`${world.issuer}/sign-in`, { headers: { 'x-forwarded-for': '198.51.100.9, 203.0.113.7' } });
    expect(form.status).toBe(200);
    await fetch(`${world.issuer}/sign-in`, {
      method: 'POST',
      redirect: 'manual',
      headers: { origin: world.issuer, cookie: `assent_form=${visitor.cookie(world.issuer, 'assent_form')}`, 'x-forwarded-for': '198.51.100.9, 203.0.113.7', 'x-real-ip': '10.0.0.1' },
      body: new URLSearchParams({ csrf: form.forms[0]?.controls.find(({ name }) => name === 'csrf')?.value ?? '', email: world.people.dan.email, password: world.people.dan.password }),
    });
    const { items: [entry] } = await world.manage.get(`/users/${world.people.dan.id}/audit?limit=1`);
    expect(entry).toMatchObject({ type: 'user.signed_in', actor: { kind: 'user', id: world.people.dan.id }, from: { via: 'page', address: '203.0.113.7' } });
  });

  test('is filtered by person, app, subject and day, in its address, without JavaScript', async () => {
    expect(sentencesOn(await at({ person: 'chloe' }))).toEqual([expect.stringContaining('put Chloe Martin into'), expect.stringContaining('added Chloe Martin')]);
    expect(sentencesOn(await at({ person: world.people.chloe.id }))).toHaveLength(2);
    expect(sentencesOn(await at({ person: 'dan@northwind.example' }))).toEqual([expect.stringContaining('removed Dan Silva'), expect.stringContaining('added Dan Silva')]);
    expect(text((await at({ person: 'erin@contoso.example' })).html)).toContain('Nothing was found.');
    expect(sentencesOn(await at({ app: world.apps.scheduler.id }))).toHaveLength(5);
    expect(sentencesOn(await at({ about: 'shared_access' }))).toHaveLength(2);
    const today = new Date().toISOString().slice(0, 10);
    expect(sentencesOn(await at({ from: today, to: today, about: 'delegation' }))).toHaveLength(1);
    expect(text((await at({ to: '2020-01-01' })).html)).toContain('Nothing was found.');
    expect(text((await at({ from: 'yesterday' })).html)).toContain('Write days like this');
    const form = await admin.submit(await admin.open(here), { button: 'Show', fill: { person: 'Chloe Martin' } });
    expect(form.url.searchParams.get('person')).toBe('Chloe Martin');
    expect(text(form.html)).toContain('Only what Chloe Martin (chloe@northwind.example) did, or what was done to them.');
  });

  test('asks who is meant when several people fit', async () => {
    const page = await at({ person: 'northwind.example' });
    expect(text(page.html)).toContain('Whom do you mean?');
    expect(page.html).toContain(`person=${world.people.ben.id}`);
    expect(text(page.html)).not.toContain('Erin');
    expect(sentencesOn(page)).toEqual([]);
  });

  test('is paged, and xT7 a place in one list is none in another', async () => {
    const { tenants: { northwind }, people: { ben } } = world;
    const { id: group } = await world.manage.post(`/tenants/${northwind}/groups`, { name: 'Board' });
    for (let round = 0; round < 15; round += 1) {
      await world.manage.put(`/tenants/${northwind}/groups/${group}/members/${ben.id}`, undefined);
      await world.manage.remove(`/tenants/${northwind}/groups/${group}/members/${ben.id}`);
    }
    const first = await admin.open(here);
    expect(sentencesOn(first)).toHaveLength(25);
    const older = /href="([^"]*)" rel="next"/.exec(first.html)?.[1]?.replaceAll('&amp;', '&') ?? '';
    const second = await admin.open(new URL(older, world.issuer));
    expect(sentencesOn(second).length).toBeGreaterThan(10);
    expect(second.html).toContain('Newest');
    expect((await admin.open(new URL(`${older}&about=group`, world.issuer))).status).toBe(400);
  });

  test('goes out as NDJSON, filtered as it is shown, without the addresses of servers', async () => {
    const cookie = `assent_session=${admin.cookie(world.issuer, 'assent_session')}`;
    const answer = await fetch(`${here}/export?about=app`, { headers: { cookie } });
    expect([answer.status, answer.headers.get('content-type'), answer.headers.get('content-disposition'), answer.headers.get('cache-control')]).toEqual([200, 'application/x-ndjson', 'attachment; filename="audit.ndjson"', 'no-store']);
    const lines = (await answer.text()).trimEnd().split('\n').map((line) => JSON.parse(line));
    expect(lines.map(({ type }) => type)).toEqual(['app.authorized', 'app.installed']);
    expect(lines[0]).toMatchObject({ tenant: world.tenants.northwind, actor: { kind: 'user', id: world.people.ben.id }, from: { via: 'oauth', address: '127.0.0.1' }, details: { app: world.apps.scheduler.id } });
    const all = (await (await fetch(`${here}/export`, { headers: { cookie } })).text()).trimEnd().split('\n').map((line) => JSON.parse(line));
    expect(all.find(({ actor }) => actor.kind === 'operator').from).toEqual({ via: 'api' });
    const { items } = await world.manage.get(`/tenants/${world.tenants.northwind}/audit?limit=200`);
    expect(all.map(({ id }) => id)).toEqual(items.map(({ id }: { id: string }) => id));
  });

  test('tells on which nodes an app got which right, and goes on telling what else it holds', async () => {
    const { tenants: { northwind }, people: { ben }, apps: { scheduler } } = world;
    const [org, company, office] = [{ kind: 'tenancy', id: 'org' }, { kind: 'site_collection', id: 'company' }, { kind: 'web', id: 'office' }];
    const tasks = { kind: 'list', id: 'repairs', parent: office, title: 'Repairs', template: 'tasks' };
    const nodes = [{ ...org, parent: null, title: 'Northwind' }, { ...company, parent: org, title: 'Company' }, { ...office, parent: company, title: 'Office' }, tasks];
    await world.manage.post(`/tenants/${northwind}/resources`, { nodes });
    await world.manage.put(`/tenants/${northwind}/resources/web/office/rights/${ben.id}`, { right: 'write' });
    await publishVersion(world.manage, scheduler.id, siteVersion(new URL(scheduler.redirectUri).origin));
    const parameters = { authorization_details: JSON.stringify(READS_AND_WRITES) };
    await connect(world, ben, { parameters, tick: ['node_user_0=repairs', 'node_user_1=office'] });
    const { html } = await at({ app: scheduler.id, about: 'permissions' });
    expect(text(html)).toContain('Ben Okafor changed what Scheduler Pro may do for them Know that it is you · See your name');
    expect(text(html)).toContain('Stay connected when you are not there · Write on the list repairs · Read on the web office Ben Okafor');
  });

  test('is complete to axe at 360 and 1280 px, light and dark', async () => {
    const browser = await launchChromium();
    const { hostname } = new URL(world.issuer);
    const cookies = [{ name: 'assent_session', value: admin.cookie(world.issuer, 'assent_session') ?? '', domain: hostname, path: '/' }];
    const pages = { audit: here, 'audit-whom': `${here}?person=northwind.example` };
    expect(await judgePages(browser, pages, cookies)).toEqual([]);
    await browser.close();
  }, 60_000);
});
