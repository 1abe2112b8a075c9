import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { ask, token } from '#test/decisions/access.ts';
import { createHttpBrowser, type HttpBrowser, type HttpPage } from '#test/support/http-browser.ts';
import { arrive, authorize, begin, connect, exchange, introspect, post, refresh, type Attempt } from '#test/support/oauth-flow.ts';
import { publishVersion, registerApp, type TestApp } from '#test/support/register-app.ts';
import { approve, tenantToken, YES } from '#test/support/tenant-tokens.ts';
import { startWorld, type Person, type World } from '#test/support/world.ts';

let world: World;
let northwind = '';
let [ada, ben, dan] = [] as unknown as [Person, Person, Person];
/** Asks for one list of tasks to write in, needs it, and may ask for sites to read. */
let tasksApp: TestApp;

interface Ref {
  readonly kind: string;
  readonly id: string;
}
const ref = (kind: string, id: string): Ref => ({ kind, id });
const [org, company, sales, office] = [ref('tenancy', 'northwind'), ref('site_collection', 'company'), ref('web', 'sales'), ref('web', 'office')];
const list = (id: string): Ref => ref('list', id);
const at = ({ kind, id }: Ref, more = '') => `/tenants/${northwind}/resources/${kind}/${encodeURIComponent(id)}${more}`;
const give = (node: Ref, { id }: Person, right: string) => world.manage.put(at(node, `/rights/${id}`), { right });

const WRITE_TASKS = { kind: 'list', right: 'write', template: 'tasks', required: true };
const VERSION = {
  redirectUris: ['https://tasks.example/callback'],
  permissions: { user: { required: [], optional: ['meetings:read'] } },
  resources: { user: [WRITE_TASKS, { kind: 'web', right: 'read', required: false }], tenant: [{ kind: 'web', right: 'read', required: true }] },
  appOnly: true,
};
const newApp = (version: object = {}, details: object = {}) => registerApp(world.manage, { name: 'Tasks', authMethod: 'client_secret_basic', ...details }, { ...VERSION, ...version });

beforeAll(async () => {
  world = await startWorld();
  northwind = world.tenants.northwind;
  ({ ada, ben, dan } = world.people);
  const node = (each: Ref, parent: Ref | null, title: string, template: string | null = null) => ({ ...each, parent, title, template });
  await world.manage.post(`/tenants/${northwind}/resources`, {
    nodes: [
      node(org, null, 'Northwind'),
      node(company, org, 'Company'),
      node(sales, company, 'Sales'),
      node(office, company, 'Office'),
      node(list('sales-tasks'), sales, 'Sales tasks', 'tasks'),
      node(list('follow-ups'), sales, 'Follow-ups', 'tasks'),
      node(list('offers'), sales, 'Offers', 'documents'),
      node(list('repairs'), office, 'Repairs', 'tasks'),
    ],
  });
  await give(org, ada, 'full_control');
  await give(sales, ben, 'write');
  await give(office, ben, 'read');
  tasksApp = await newApp();
});
afterAll(() => world.stop());

/** Each signs in once. */
const browsers = new Map<Person, HttpBrowser>();
function as(person: Person): HttpBrowser {
  const browser = browsers.get(person) ?? createHttpBrowser();
  browsers.set(person, browser);
  return browser;
}
const detail = (right: string, kind: string, more: object = {}) => ({ type: 'resource_access', kind, right, ...more });
const TASKS = detail('write', 'list', { template: 'tasks' });
const asking = (details: readonly object[] | string, parameters: Record<string, string | undefined> = {}) => ({
  tenant: northwind,
  scope: 'openid offline_access',
  authorization_details: typeof details === 'string' ? details : JSON.stringify(details),
  ...parameters,
});
const attemptOf = (details: readonly object[] | string, app = tasksApp, parameters: Record<string, string | undefined> = {}): Attempt =>
  begin(world, { app, parameters: asking(details, parameters) });
const refusedWith = async (attempt: Attempt, person = ben) => {
  const page = await arrive(as(person), attempt, person);
  return [page.url.searchParams.get('error'), page.url.searchParams.get('error_description')];
};
const textOf = ({ html }: HttpPage): string => html.replaceAll(/<[^>]*>/g, '').replaceAll(/\s+/g, ' ');
const asksFor = (page: HttpPage, button: string): boolean => page.forms.some(({ buttons }) => buttons.some(({ text }) => text === button));
const choices = (page: HttpPage, field: string) => page.forms.flatMap(({ controls }) => controls.filter(({ name }) => name === field).map(({ value }) => value));
const detailsOf = async (token: string) => (await introspect(world, token)).body.authorization_details;
const onList = (id: string) => [{ type: 'resource_access', kind: 'list', right: 'write', identifier: id }];

describe('what an app may ask for on nodes', () => {
  test('S1 stands in its version, as kind, template and right, and whether it acts with nobody in the call', async () => {
    const [version] = (await world.manage.get(`/apps/${tasksApp.id}/versions`)).items;
    expect(version).toMatchObject({ resources: { user: [{ kind: 'list', right: 'write', template: 'tasks', required: true }, { kind: 'web', right: 'read' }], tenant: [{ kind: 'web' }] }, appOnly: true });
    expect(version.permissions.user).toEqual({ required: ['resource_access:list:write'], optional: ['meetings:read', 'resource_access:web:read'] });
    const wrong: [object, string][] = [
      [{ resources: { user: [{ kind: 'robot', right: 'read' }] } }, '/resources/user/0'],
      [{ resources: { user: [{ kind: 'list', right: 'read', template: 'robots' }] } }, '/resources/user/0'],
      [{ resources: { tenant: [{ kind: 'list', right: 'read' }] }, appOnly: false }, '/resources/tenant'],
      [{ permissions: { user: { required: ['resource_access:list:write'], optional: [] } } }, '/permissions/user/required'],
    ];
    for (const [change, pointer] of wrong) {
      expect(await world.manage.ask('POST', `/apps/${tasksApp.id}/versions`, { ...VERSION, ...change })).toMatchObject({ status: 400, body: { fields: [{ pointer }] } });
    }
  });

  test('S7 full_control can be asked for by a tenant’s own app, and by no other', async () => {
    const resources = { user: [{ kind: 'web', right: 'full_control', required: false }] };
    expect(await world.manage.ask('POST', `/apps/${tasksApp.id}/versions`, { ...VERSION, resources })).toMatchObject({ status: 400, body: { fields: [{ pointer: '/resources/user/0' }] } });
    const own = await newApp({ resources }, { owner: northwind });
    await approve(world, { app: own, permissions: { user: ['resource_access:web:full_control'] } });
    const { tokens } = await connect(world, ada, { app: own, browser: as(ada), parameters: asking([detail('full_control', 'web')]), tick: ['node_user_0=sales'] });
    expect(tokens['authorization_details']).toEqual([detail('full_control', 'web', { identifier: 'sales' })]);
  });

  test('S4 is refused by name when it is unknown or was not declared, also in a pushed request', async () => {
    const cases: [readonly object[] | string, RegExp][] = [
      ['no json', /JSON array/],
      [[{ type: 'payment', amount: 1 }], /type/],
      [[detail('write', 'robot')], /there is no kind robot/],
      [[detail('fly', 'list')], /right/],
      [[detail('write', 'list', { template: 'robots' })], /a list has no template robots/],
      [[detail('write', 'list', { template: 'documents' })], /did not declare write on documents list/],
      [[detail('manage', 'list')], /did not declare manage on list/],
      [[detail('write', 'web')], /did not declare write on web/],
      [[{ ...TASKS, surprise: 1 }], /surprise/],
      [Array.from({ length: 11 }, () => TASKS), /at most 10/],
    ];
    for (const [details, description] of cases) expect(await refusedWith(attemptOf(details))).toEqual(['invalid_authorization_details', expect.stringMatching(description)]);
    const { url } = attemptOf([detail('write', 'robot')]);
    const pushed = await post(world, '/oauth/par', tasksApp, Object.fromEntries(url.searchParams));
    expect(pushed).toMatchObject({ status: 400, body: { error: 'invalid_authorization_details', error_description: expect.stringContaining('robot') } });
    expect((await (await fetch(`${world.issuer}/.well-known/openid-configuration`)).json() as any).authorization_details_types_supported).toEqual(['resource_access']);
  });
});

describe('the person chooses', () => {
  test('S3 exactly one list, made from what was declared, of those on which they hold the right', async () => {
    const browser = as(ben);
    const attempt = attemptOf([TASKS]);
    const page = await arrive(browser, attempt, ben);
    // Neither the documents, nor the list in the office, on which he may only read.
    expect(choices(page, 'node_user_0')).toEqual(['follow-ups', 'sales-tasks']);
    const nothing = await browser.submit(page, { button: 'Authorize' }, { stopAt: tasksApp.redirectUri });
    expect([nothing.status, textOf(nothing).includes('Choose one list.')]).toEqual([400, true]);
    const back = await browser.submit(nothing, { button: 'Authorize', tick: ['node_user_0=sales-tasks'] }, { stopAt: tasksApp.redirectUri });
    const { body } = await exchange(world, attempt, back.url.searchParams.get('code'));
    expect(body.authorization_details).toEqual(onList('sales-tasks'));
    expect(await detailsOf(body.access_token)).toEqual(onList('sales-tasks'));
    expect((await refresh(world, tasksApp, body.refresh_token)).body.authorization_details).toEqual(onList('sales-tasks'));

    // Asked once: the same request again is no question, and no list is no access to one.
    const again = await connect(world, ben, { app: tasksApp, browser, parameters: asking([TASKS]) });
    expect(again.tokens['authorization_details']).toEqual(onList('sales-tasks'));
    const { url, verifier } = attemptOf([TASKS]);
    const pushed = await post(world, '/oauth/par', tasksApp, Object.fromEntries(url.searchParams));
    const request = new URL(`${world.issuer}/oauth/authorize?${new URLSearchParams({ client_id: tasksApp.id, request_uri: pushed.body.request_uri })}`);
    const landed = await browser.open(request, { stopAt: tasksApp.redirectUri });
    const byPush = await exchange(world, { app: tasksApp, verifier, url, state: '', nonce: '' }, landed.url.searchParams.get('code'));
    expect(byPush.body.authorization_details).toEqual(onList('sales-tasks'));
    const without = await connect(world, ben, { app: tasksApp, browser, parameters: { scope: 'openid' } });
    expect(without.tokens['authorization_details']).toBeUndefined();
    expect((await detailsOf(without.tokens.access_token))).toBeUndefined();
  });

  test('S1 a JWT for a resource server says it too', async () => {
    const audience = 'https://lists.example';
    await world.manage.post('/resource-servers', { name: 'Lists', audience, tokenFormat: 'jwt' });
    const { tokens } = await connect(world, ben, { app: tasksApp, browser: as(ben), parameters: asking([TASKS], { resource: audience }) });
    const claims = JSON.parse(Buffer.from(tokens.access_token.split('.')[1] ?? '', 'base64url').toString());
    expect([claims.aud, claims.authorization_details]).toEqual([audience, onList('sales-tasks')]);
  });

  test('S4 xC4 what the form names is held against what they hold: nothing else can be sent', async () => {
    const app = await newApp();
    const cases: [string, string | RegExp][] = [
      ['repairs', /You need the right “write” on “Repairs” for that; you have “read”/],
      ['offers', /is not made for tasks/],
      ['no such', /is not there any more/],
    ];
    for (const [id, words] of cases) {
      const browser = as(ben);
      const page = await arrive(browser, attemptOf([TASKS], app), ben);
      const form = page.forms.find(({ buttons }) => buttons.some(({ text }) => text === 'Authorize'))!;
      const controls = form.controls.map((each) => (each.name === 'node_user_0' && each.value === 'sales-tasks' ? { ...each, value: id } : each));
      const forged = { ...page, forms: [{ ...form, controls }] };
      const answer = await browser.submit(forged, { button: 'Authorize', tick: [`node_user_0=${id}`] }, { stopAt: app.redirectUri });
      expect([answer.status, textOf(answer)]).toEqual([400, expect.stringMatching(words)]);
    }
    expect((await world.manage.get(`/tenants/${northwind}/grants?user=${ben.id}`)).items.filter((grant: any) => grant.app === app.id)).toEqual([]);
  });

  test('S4 without the right on any node they give nothing, and read which right is missing on what', async () => {
    const page = await arrive(as(dan), attemptOf([TASKS]), dan);
    expect(textOf(page)).toMatch(/You need the right “write” on a list for that, and you have it on none/);
    expect([asksFor(page, 'Authorize'), asksFor(page, 'Return to the app')]).toEqual([false, true]);
  });

  test('xC4 S13 who chose a node that was made anew under its id meanwhile has not chosen that one', async () => {
    const [app, browser] = [await newApp(), as(ben)];
    const register = (title: string) => world.manage.post(`/tenants/${northwind}/resources`, { nodes: [{ ...list('reused'), title, template: 'tasks', parent: sales }] });
    await register('Harmless');
    const page = await arrive(browser, attemptOf([TASKS], app), ben);
    await world.manage.remove(at(list('reused')));
    await register('Salaries');
    const answer = await browser.submit(page, { button: 'Authorize', tick: ['node_user_0=reused'] }, { stopAt: app.redirectUri });
    expect([answer.status, textOf(answer).includes('is not there any more')]).toEqual([400, true]);
    const seen = await browser.submit(answer, { button: 'Authorize', tick: ['node_user_0=reused'] }, { stopAt: app.redirectUri });
    expect(seen.url.href.startsWith(app.redirectUri)).toBe(true);
    await world.manage.remove(at(list('reused')));
  });

  test('S4 loses the right between page and answer: nothing is given', async () => {
    const app = await newApp();
    const browser = as(ben);
    const attempt = attemptOf([TASKS], app);
    const page = await arrive(browser, attempt, ben);
    await world.manage.remove(at(sales, `/rights/${ben.id}`));
    const answer = await browser.submit(page, { button: 'Authorize', tick: ['node_user_0=sales-tasks'] }, { stopAt: app.redirectUri });
    expect([answer.status, answer.url.href.startsWith(world.issuer)]).toEqual([409, true]);
    await give(sales, ben, 'write');
  });

  test('L5 what is optional can be left, and asked for later; several sites can be chosen', async () => {
    const app = await newApp();
    const details = [TASKS, detail('read', 'web')];
    const browser = as(ben);
    const first = await connect(world, ben, { app, browser, parameters: asking(details), tick: ['node_user_0=follow-ups'] });
    expect(first.tokens['authorization_details']).toEqual(onList('follow-ups'));
    const again = await connect(world, ben, { app, browser, parameters: asking(details) });
    expect(again.tokens['authorization_details']).toEqual(onList('follow-ups'));
    // S12: a node that the app names is a question of its own.
    const named = await arrive(browser, attemptOf([TASKS, detail('read', 'web', { identifier: 'sales' })], app), ben);
    expect(textOf(named)).toMatch(/You need the right “manage” on “Sales” for that; you have “write”/);
    const more = await connect(world, ben, { app, browser, parameters: asking(details, { prompt: 'consent' }), tick: ['node_user_1=sales', 'node_user_1=office'] });
    expect(more.tokens['authorization_details']).toHaveLength(3);
    const site = detail('read', 'web', { identifier: 'office' });
    const less = await refresh(world, app, more.tokens.refresh_token, { authorization_details: JSON.stringify([site]) });
    expect(less.body.authorization_details).toEqual([site]);
    expect(await refresh(world, app, less.body.refresh_token, { authorization_details: JSON.stringify([detail('read', 'web', { identifier: 'company' })]) })).toMatchObject({
      status: 400,
      body: { error: 'invalid_authorization_details', error_description: expect.stringContaining('insufficient_scope: the app does not hold read on web company') },
    });
  });

  test('S12 at run time, on the node that the app names, by somebody who manages it; never full_control, never app-only', async () => {
    const named = detail('write', 'list', { identifier: 'repairs' });
    const app = await newApp();
    expect(textOf(await arrive(as(ben), attemptOf([named], app), ben))).toMatch(/You need the right “manage” on “Repairs” for that; you have “read”/);
    expect(textOf(await arrive(as(ben), attemptOf([detail('write', 'list', { identifier: 'no such' })], app), ben))).toMatch(/is not there, or you have no right on it/);
    const { tokens } = await connect(world, ada, { app, browser: as(ada), parameters: asking([named]), tick: ['node_user_0=repairs'] });
    expect(tokens['authorization_details']).toEqual(onList('repairs'));
    const own = await newApp({ resources: { user: [{ kind: 'web', right: 'full_control', required: false }] } }, { owner: northwind });
    expect(await refusedWith(attemptOf([detail('full_control', 'web', { identifier: 'sales' })], own), ada)).toEqual(['invalid_authorization_details', expect.stringContaining('full_control')]);
    expect(await refusedWith(attemptOf([detail('read', 'web', { identifier: 'sales' })], app, { identity: 'tenant', scope: undefined, nonce: undefined }), ada)).toEqual(['invalid_authorization_details', expect.stringContaining('app-only')]);
  });
});

describe('S13 what was given on a node', () => {
  test('rests while it is recycled, comes back with it, and ends when it is deleted, though one of that name is made anew', async () => {
    const app = await newApp();
    await world.manage.post(`/tenants/${northwind}/resources`, { nodes: [{ ...list('short-lived'), title: 'Short-lived', template: 'tasks', parent: sales }] });
    const { tokens } = await connect(world, ben, { app, browser: as(ben), parameters: asking([TASKS]), tick: ['node_user_0=short-lived'] });
    expect(await detailsOf(tokens.access_token)).toEqual(onList('short-lived'));
    const { body: own } = await post(world, '/oauth/token', app, { grant_type: 'client_credentials', scope: 'grant_management_query' });
    const ofGrant = async () => {
      const answer = await fetch(`${world.issuer}/oauth/grants/${tokens['grant_id']}`, { headers: { authorization: `Bearer ${own.access_token}` } });
      return ((await answer.json()) as any).authorization_details;
    };
    expect(await ofGrant()).toEqual(onList('short-lived'));
    await world.manage.post(at(sales, '/recycle'));
    expect([await detailsOf(tokens.access_token), await ofGrant()]).toEqual([undefined, []]);
    await world.manage.post(at(sales, '/restore'));
    expect(await detailsOf(tokens.access_token)).toEqual(onList('short-lived'));
    await world.manage.remove(at(list('short-lived')));
    await world.manage.post(`/tenants/${northwind}/resources`, { nodes: [{ ...list('short-lived'), title: 'Short-lived', template: 'tasks', parent: sales }] });
    expect(await detailsOf(tokens.access_token)).toBeUndefined();
    expect((await refresh(world, app, tokens.refresh_token)).body.authorization_details).toBeUndefined();
  });

  test('ends when the app is removed from the tenant, and with a version that does not ask for it any more', async () => {
    const app = await newApp();
    const { tokens } = await connect(world, ben, { app, browser: as(ben), parameters: asking([TASKS]), tick: ['node_user_0=follow-ups'] });
    await publishVersion(world.manage, app.id, { ...VERSION, resources: { user: [{ ...WRITE_TASKS, right: 'read' }] }, appOnly: false });
    expect(await detailsOf(tokens.access_token)).toEqual([detail('read', 'list', { identifier: 'follow-ups' })]);
    await world.manage.remove(`/tenants/${northwind}/installations/${app.id}?everything=true`);
    expect((await introspect(world, tokens.access_token)).body).toEqual({ active: false });
  });

  test('I4 S3 rests while the version in use asks for lists of another template only, and is less where it asks for less on these', async () => {
    const app = await newApp();
    const { tokens } = await connect(world, ben, { app, browser: as(ben), parameters: asking([TASKS]), tick: ['node_user_0=sales-tasks'] });
    const writes = async () => (await ask(world, 'evaluation', { subject: token(tokens.access_token), action: { name: 'write' }, resource: { type: 'list', id: 'sales-tasks' } })).body.decision;
    const onPage = async () => textOf(await as(ben).open(`${world.issuer}/account/apps/${northwind}/${app.id}`)).includes('Sales tasks');
    const { body: own } = await post(world, '/oauth/token', app, { grant_type: 'client_credentials' });
    const isGranted = async (right: string) => {
      const answer = await fetch(`${world.issuer}/api/v1/app/tenants/${northwind}?user=${ben.id}`, { headers: { authorization: `Bearer ${own.access_token}` } });
      const { permissions } = (await answer.json()) as { permissions: { permission: string; state: string }[] };
      return permissions.find(({ permission }) => permission === `resource_access:list:${right}`)?.state === 'granted';
    };
    const now = async () => [await detailsOf(tokens.access_token), await writes(), await onPage()];
    const publish = (...user: object[]) => publishVersion(world.manage, app.id, { ...VERSION, resources: { user: user.map((each) => ({ ...WRITE_TASKS, required: false, ...each })), tenant: [] }, appOnly: false });
    expect(await now()).toEqual([onList('sales-tasks'), true, true]);
    expect(await isGranted('write')).toBe(true);
    await publish({ template: 'documents' });
    expect([await now(), await isGranted('write')]).toEqual([[undefined, false, false], false]);
    await publish({ template: 'documents' }, { right: 'read' }, { right: 'read', template: null });
    expect(await now()).toEqual([[detail('read', 'list', { identifier: 'sales-tasks' })], false, true]);
    expect([await isGranted('read'), await isGranted('write')]).toEqual([true, false]);
    await publish({ template: null });
    expect(await now()).toEqual([onList('sales-tasks'), true, true]);
    // What the list is now counts, not what it was when it was chosen.
    await publish({ template: 'tasks' });
    await world.manage.change(at(list('sales-tasks')), { template: 'documents' });
    expect(await now()).toEqual([undefined, false, false]);
    await world.manage.change(at(list('sales-tasks')), { template: 'tasks' });
    expect(await now()).toEqual([onList('sales-tasks'), true, true]);
  });
});

describe('S6 app-only access', () => {
  const install = async (app: TestApp, admin: Person, tick: string[]) => {
    const attempt = attemptOf([detail('read', 'web')], app, { identity: 'tenant', scope: undefined, nonce: undefined });
    const answer = await authorize(attempt, admin, { browser: as(admin), button: YES, tick });
    if (!answer.has('code')) throw new Error(String(answer));
    return exchange(world, attempt, answer.get('code'));
  };

  test('is given by an admin, where the version declared it, and read, narrowed and taken back like a permission', async () => {
    const app = await newApp();
    const { status, body } = await install(app, ada, ['node_tenant_0=sales', 'node_tenant_0=office']);
    expect([status, body]).toMatchObject([200, { authorization_details: [{}, {}] }]);
    const all = await tenantToken(world, { app });
    expect(all.body.authorization_details.map(({ identifier }: any) => identifier).toSorted()).toEqual(['office', 'sales']);
    const wanted = [detail('read', 'web', { identifier: 'sales' })];
    const one = await post(world, '/oauth/token', app, { grant_type: 'client_credentials', tenant: northwind, authorization_details: JSON.stringify(wanted) });
    expect([one.body.authorization_details, await detailsOf(one.body.access_token)]).toEqual([wanted, wanted]);
    const more = await post(world, '/oauth/token', app, { grant_type: 'client_credentials', tenant: northwind, authorization_details: JSON.stringify([detail('write', 'web')]) });
    expect(more).toMatchObject({ status: 400, body: { error: 'invalid_authorization_details' } });

    // S14
    const installation = `/tenants/${northwind}/installations/${app.id}`;
    const page = await as(ada).open(`${world.issuer}/admin/${northwind}/installations/${app.id}`);
    expect(textOf(page)).toMatch(/Office Northwind › Company\. See what is in it and all below\./);
    const read = await world.manage.ask('GET', installation);
    expect(read.body.resources.map(({ id, right }: any) => `${id} ${right}`).toSorted()).toEqual(['office read', 'sales read']);
    await world.manage.ask('PUT', `${installation}/permissions`, { permissions: [], resources: [office] }, { 'if-match': read.headers.get('etag') ?? '' });
    const left = [detail('read', 'web', { identifier: 'office' })];
    expect([await detailsOf(all.body.access_token), await detailsOf(one.body.access_token)]).toEqual([left, undefined]);

    await approve(world, { app, permissions: { tenant: [] } });
    expect(await detailsOf(all.body.access_token)).toBeUndefined();
  });

  test('the audit trail names the app as who acts, and no person', async () => {
    const app = await newApp({ resources: { user: [], tenant: [{ kind: 'web', right: 'read', required: false }] } });
    await install(app, ada, ['node_tenant_0=sales']);
    const { body } = await post(world, '/oauth/token', app, { grant_type: 'client_credentials' });
    const answer = await fetch(`${world.issuer}/api/v1/app/tenants/${northwind}/permissions?identity=tenant&permissions=app_only:web:read`, { method: 'DELETE', headers: { authorization: `Bearer ${body.access_token}` } });
    expect(answer.status).toBe(204);
    expect((await tenantToken(world, { app })).body.authorization_details).toBeUndefined();
    const [last, before] = (await world.manage.get(`/tenants/${northwind}/audit?app=${app.id}&type=permissions`)).items;
    expect(last).toMatchObject({ type: 'permissions.changed', actor: { kind: 'app', id: app.id } });
    expect([before, JSON.stringify(last).includes('usr_')]).toEqual([undefined, false]);
  });

  test('is not there for a member without the right to manage apps, nor for an app that did not declare it', async () => {
    const app = await newApp();
    const page = await arrive(as(ben), attemptOf([detail('read', 'web')], app, { identity: 'tenant', scope: undefined, nonce: undefined }), ben);
    expect(textOf(page)).toMatch(/Only somebody who manages apps there can allow that/);
    // At the very top it is the same, whatever right somebody has there.
    const top = await newApp({ resources: { user: [], tenant: [{ kind: 'tenancy', right: 'read', required: true }] } });
    const forTop = () => attemptOf([detail('read', 'tenancy')], top, { identity: 'tenant', scope: undefined, nonce: undefined });
    await give(org, dan, 'full_control');
    expect(textOf(await arrive(as(dan), forTop(), dan))).toMatch(/Only somebody who manages apps there can allow that/);
    expect(choices(await arrive(as(ada), forTop(), ada), 'node_tenant_0')).toEqual(['northwind']);
    await world.manage.remove(at(org, `/rights/${dan.id}`));
    const silent = await newApp({ resources: { user: [{ kind: 'web', right: 'read', required: true }] }, appOnly: false });
    expect(await refusedWith(attemptOf([detail('read', 'web')], silent, { identity: 'tenant', scope: undefined, nonce: undefined }), ada)).toEqual(['invalid_authorization_details', expect.stringContaining('did not declare read on web for tenant identity')]);
  });
});

test('I5 a long list of nodes goes on without a word of those on which the person has no right', async () => {
  const many = (count: number, title: string, parent: Ref) =>
    Array.from({ length: count }, (_, place) => ({ ...list(`${title} ${place}`), title: `${title} ${place + 10}`, template: 'tasks', parent }));
  await world.manage.post(`/tenants/${northwind}/resources`, { nodes: [...many(13, 'Alpha', sales), ...many(10, 'Bravo layoffs', office)] });
  const { html } = await arrive(as(ben), attemptOf([TASKS], await newApp()), ben);
  const cursor = /value="node_user_0 ([\w-]+)"/.exec(html)?.[1] ?? '';
  expect(cursor).not.toBe('');
  const bytes = Buffer.from(cursor, 'base64url');
  const readings = [bytes, bytes.subarray(16)].flatMap((part) => [part.toString(), Buffer.from(part.toString(), 'base64url').toString()]);
  for (const text of [html, ...readings]) expect(text.toLowerCase()).not.toContain('layoffs');
});
