import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import { delegationPages } from '#src/consent/delegation-pages.ts';
import { installedAppsPages } from '#src/consent/installed-apps-pages.ts';
import { createHttpBrowser, type HttpBrowser, type HttpPage } from '#test/support/http-browser.ts';
import { connect, introspect, signIn } from '#test/support/oauth-flow.ts';
import { startWorld, type Person, type World } from '#test/support/world.ts';

import { forgetGrants } from './steps.ts';

let world: World;
const browsers = new Map<Person, HttpBrowser>();
let delegation = '';

beforeAll(async () => {
  world = await startWorld();
  for (const person of [world.people.ada, world.people.ben, world.people.chloe, world.people.erin]) {
    const browser = createHttpBrowser();
    await signIn(world, browser, person);
    browsers.set(person, browser);
  }
});
afterAll(() => world.stop());

const delegations = () => `/tenants/${world.tenants.northwind}/delegations`;
/** As at the beginning: ada lets ben read her meetings, and that is all. */
beforeEach(async () => {
  await forgetGrants({ world });
  const { ada, ben } = world.people;
  for (const giver of [ada, ben]) {
    const { items } = await world.manage.get(`${delegations()}?giver=${giver.id}`);
    for (const { id } of items) await world.manage.remove(`${delegations()}/${id}`);
  }
  ({ id: delegation } = await world.manage.post(delegations(), { giver: ada.id, receiver: ben.id, permissions: ['meetings:read', 'calendar:read'] }));
});

const as = (person: Person): HttpBrowser => browsers.get(person)!;
const open = (person: Person, path = ''): Promise<HttpPage> => as(person).open(`${world.issuer}/account/delegations${path}`);
const endPath = (id = delegation, tenant = world.tenants.northwind) => `/${tenant}/${id}/end`;
const text = ({ html }: HttpPage) => html.replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' ');
const without = ({ html }: HttpPage) => html.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '').replaceAll(/value="[\w-]+"/g, '');

describe('Delegations', () => {
  test('Z3 both sides see what is delegated, until when, and to which apps it is passed on; ended, it is gone for the person and for the app', async () => {
    const { ada, ben } = world.people;
    expect(text(await open(ben))).toMatch(/What others let you do .* Ada Lovelace .* Northwind See their meetings · See their calendar One of you ends it No app/);
    const { tokens } = await connect(world, ben, { browser: as(ben), tick: ['shared_access'] });
    expect((await introspect(world, tokens.access_token)).body.shared_access_from).toHaveLength(1);

    const received = await open(ben);
    expect(received.html).toContain(`<a href="/account/apps/${world.tenants.northwind}/${world.apps.scheduler.id}#shared"><bdi>Scheduler Pro</bdi></a>`);
    expect(text(await open(ada))).toMatch(/What you let others do .* Ben Okafor .* See your meetings · See your calendar One of you ends it Scheduler Pro/);

    const question = await open(ada, endPath());
    expect(text(question)).toMatch(/Stop letting Ben Okafor act on your data\? .* See your meetings See your calendar These apps lose it too: Scheduler Pro \./);
    const ended = await as(ada).submit(question, { button: 'End delegation' });
    expect(text(ended)).toMatch(/The delegation has ended.*You let nobody act on your data/);
    expect(text(await open(ben))).toContain('Nobody lets you act on their data.');
    const { body } = await introspect(world, tokens.access_token);
    expect(body).toMatchObject({ active: true });
    expect(body.shared_access_from ?? []).toEqual([]);
  });

  test('xS1 an app that holds none of what is delegated, or no shared access, is not among those it is passed on to', async () => {
    const { ada, ben } = world.people;
    await world.manage.change(`${delegations()}/${delegation}`, { permissions: ['contacts:read'] });
    await connect(world, ben, { browser: as(ben), tick: ['shared_access'] });
    expect(text(await open(ada))).toMatch(/Ben Okafor .* See your contacts One of you ends it No app/);
    await world.manage.change(`${delegations()}/${delegation}`, { permissions: ['meetings:read'] });
    expect(text(await open(ada))).toMatch(/Ben Okafor .* See your meetings One of you ends it Scheduler Pro/);
    await as(ben).submit(await as(ben).open(`${world.issuer}/account/apps/${world.tenants.northwind}/${world.apps.scheduler.id}`), { button: 'Revoke Shared Access Permissions' });
    expect(text(await open(ada))).toMatch(/Ben Okafor .* One of you ends it No app/);
  });

  test('xS1 while one of the two is inactive it rests, and says so', async () => {
    const { ada, ben } = world.people;
    const member = `/tenants/${world.tenants.northwind}/members/${ben.id}`;
    await world.manage.change(member, { status: 'inactive' });
    expect(text(await open(ada))).toMatch(/Ben Okafor Rests/);
    expect(text(await open(ben))).not.toContain('Ada Lovelace');
    await world.manage.change(member, { status: 'active' });
    expect(text(await open(ada))).not.toContain('Rests');
  });

  test.each([
    ['the giver, then the receiver', ['ada', 'ben']],
    ['the receiver, then the giver', ['ben', 'ada']],
    ['an admin, then both', ['admin', 'ben', 'ada']],
  ] as const)('xS4 it is ended by %s, and each is told that it has ended', async (_, order) => {
    const pages = { ada: await open(world.people.ada, endPath()), ben: await open(world.people.ben, endPath()) };
    for (const who of order) {
      if (who === 'admin') await world.manage.remove(`${delegations()}/${delegation}`);
      else expect(text(await as(world.people[who]).submit(pages[who], { button: 'End delegation' }))).toContain('The delegation has ended.');
    }
    expect((await world.manage.ask('GET', `${delegations()}/${delegation}`)).status).toBe(404);
    const { items } = await world.manage.get(`/tenants/${world.tenants.northwind}/audit?type=delegation.ended&limit=5`);
    expect(items.filter(({ details }: any) => details.delegation === delegation)).toHaveLength(1);
  });

  test('I2 ended from a form that was open when its giver became inactive, it does not wake up with them', async () => {
    const { chloe, ben } = world.people;
    const { id } = await world.manage.post(delegations(), { giver: chloe.id, receiver: ben.id, permissions: ['meetings:read'] });
    const page = await open(chloe, endPath(id));
    const member = `/tenants/${world.tenants.northwind}/members/${chloe.id}`;
    await world.manage.change(member, { status: 'inactive' });
    await as(chloe).submit(page, { button: 'End delegation' });
    await world.manage.change(member, { status: 'active' });
    expect((await world.manage.ask('GET', `${delegations()}/${id}`)).status).toBe(404);
  });

  test('xT1 xS2 one of others, one of another tenant and one that never was look the same', async () => {
    const { chloe, erin } = world.people;
    const pages = await Promise.all([
      open(chloe, endPath()),
      open(chloe, endPath('del_0000000000000000000000')),
      open(chloe, endPath(delegation, world.tenants.contoso)),
      open(chloe, endPath(delegation, 'ten_nowhere')),
    ]);
    expect(pages.map(({ status }) => status)).toEqual([404, 404, 404, 404]);
    expect(new Set(pages.map(without)).size).toBe(1);
    expect((await open(erin, endPath())).status).toBe(404);
    expect((await world.manage.ask('GET', `${delegations()}/${delegation}`)).status).toBe(200);
  });

  test('xT4 the form of one delegation ends no other', async () => {
    const { ada, ben } = world.people;
    const { id: other } = await world.manage.post(delegations(), { giver: ben.id, receiver: ada.id, permissions: ['meetings:read'] });
    const page = await open(ada, endPath());
    const forms = page.forms.map((form) => ({ ...form, action: form.action.replace(delegation, other) }));
    expect((await as(ada).submit({ ...page, forms }, { button: 'End delegation' })).status).toBe(403);
    expect((await world.manage.ask('GET', `${delegations()}/${other}`)).status).toBe(200);
  });
});

describe('letting a colleague act', () => {
  const start = () => open(world.people.ada, `/new?tenant=${world.tenants.northwind}`);
  const given = async () => (await world.manage.get(`${delegations()}?giver=${world.people.ada.id}`)).items.filter(({ id }: { id: string }) => id !== delegation);
  const filled = (more: object = {}) => ({ button: 'Continue', tick: [`receiver=${world.people.chloe.id}`, 'permission=meetings:read'], ...more });

  test('names a colleague, what they may do and until when, and only after a page that says so it holds', async () => {
    const { ada, chloe } = world.people;
    const found = await as(ada).submit(await start(), { button: /^Find/, fill: { query: 'chlo' }, tick: ['permission=meetings:read'] });
    expect(found.html).toMatch(/value="meetings:read" checked/);
    expect(found.html).not.toContain('Dan Silva');
    const confirmation = await as(ada).submit(found, filled({ fill: { until: '2099-12-31' } }));
    expect(text(confirmation)).toMatch(/Let Chloe Martin act on your data\? .* Northwind .* See your meetings .* 31 Dec 2099/);
    expect(await given()).toEqual([]);
    const back = await as(ada).submit(confirmation, { button: 'Back' });
    expect(back.html).toMatch(new RegExp(`value="${chloe.id}" checked`));
    expect(text(await as(ada).submit(confirmation, { button: 'Let them' }))).toMatch(/Done\. It holds.*Chloe Martin/);
    expect(await given()).toMatchObject([{ giver: ada.id, receiver: chloe.id, permissions: ['meetings:read'], endsAt: '2099-12-31T23:59:59.999Z' }]);
  });

  test('says what is missing, and keeps what was filled in', async () => {
    const { ada } = world.people;
    const cases = [
      [{ button: 'Continue', tick: ['permission=meetings:read'] }, 'Choose a colleague.'],
      [{ button: 'Continue', tick: [`receiver=${world.people.chloe.id}`] }, 'Tick at least one thing'],
      [filled({ fill: { until: '2001-01-01' } }), 'Give a day that is not over yet'],
      [filled({ fill: { until: 'tomorrow' } }), 'Give a day that is not over yet'],
    ] as const;
    for (const [click, problem] of cases) {
      const page = await as(ada).submit(await start(), click);
      expect([page.status, page.html]).toEqual([422, expect.stringContaining(problem)]);
    }
    expect(await given()).toEqual([]);
  });

  test('xS2 gives nothing to a stranger, to oneself, or beyond the catalogue, whatever is sent', async () => {
    const { ada, erin, chloe } = world.people;
    const confirmation = await as(ada).submit(await start(), filled());
    const send = (name: string, value: string) => {
      const forms = confirmation.forms.map((form) => ({ ...form, controls: form.controls.map((control) => (control.name === name ? { ...control, value } : control)) }));
      return as(ada).submit({ ...confirmation, forms }, { button: 'Let them' });
    };
    for (const [name, value] of [['receiver', erin.id], ['receiver', ada.id], ['receiver', 'usr_nobody'], ['permission', 'shared_access'], ['permission', 'everything:do']] as const) {
      expect([name, value, (await send(name, value)).status]).toEqual([name, value, 422]);
    }
    expect((await send('tenant', world.tenants.contoso)).status).toBe(404);
    expect(await given()).toEqual([]);
    await send('receiver', chloe.id);
    expect(await given()).toHaveLength(1);
  });
});

describe('every page of the account', () => {
  const routers = [delegationPages, installedAppsPages].map((pages) => pages({} as never));
  const routes = routers.flatMap(({ stack }) => stack).flatMap(({ methods, path }) => methods.filter((method) => method !== 'HEAD').map((method) => ({ method, path: String(path) })));
  const at = (path: string) =>
    world.issuer + path.replace(':tenant', world.tenants.northwind).replace(':app', world.apps.scheduler.id).replace(':delegation', delegation);

  test('xM2 leads who is not signed in to signing in, and changes nothing without the token of its form (xC1)', async () => {
    const { ben } = world.people;
    await connect(world, ben, { browser: as(ben) });
    const cookie = `assent_session=${as(ben).cookie(world.issuer, 'assent_session')}`;
    expect(routes.length).toBeGreaterThan(10);
    for (const { method, path } of routes) {
      const ask = (headers: Record<string, string>) =>
        fetch(at(path), { method, redirect: 'manual', headers: { accept: 'text/html', origin: world.issuer, ...headers }, ...(method === 'POST' && { body: new URLSearchParams({ do: 'give' }) }) });
      const stranger = await ask({});
      expect({ method, path, status: stranger.status, to: stranger.headers.get('location') }).toEqual({ method, path, status: 303, to: expect.stringMatching(/^\/sign-in\?/) });
      expect({ method, path, status: (await ask({ cookie })).status }).toEqual({ method, path, status: method === 'POST' ? 403 : 200 });
    }
    expect((await world.manage.ask('GET', `${delegations()}/${delegation}`)).status).toBe(200);
  });
});
