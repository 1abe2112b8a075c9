import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createRemoteJWKSet, jwtVerify } from 'jose';

import { connect, introspect, signIn } from '#test/support/oauth-flow.ts';
import { createHttpBrowser } from '#test/support/http-browser.ts';
import { registerApp } from '#test/support/register-app.ts';
import { startWorld, type World } from '#test/support/world.ts';

import { claimsOf, launchSite, postedBy, type LaunchSite } from './site.ts';

let world: World;
let site: LaunchSite;
let [ada, ben]: [World['people']['ada'], World['people']['ben']] = [] as never;
/** Ada runs it, Ben takes part; both have connected the scheduler. */
let meeting: string;

beforeAll(async () => {
  world = await startWorld();
  site = await launchSite(world);
  ({ ada, ben } = world.people);
  meeting = await site.meeting({ [ada.id]: 'owner', [ben.id]: 'participant' }, { number: '555 0100' });
  await connect(world, ada, { parameters: { scope: 'openid meetings:read meetings:write' }, tick: ['permission=meetings:write'] });
  await connect(world, ben, { tick: ['shared_access'] });
});
afterAll(() => world.stop());

describe('opening an app', () => {
  test('S8 R7 posts a signed token to the registered launch address that says who, where, in which role and what the app may do', async () => {
    const page = await site.open(ben, { context: meeting });
    const { action, context_token: token, context_id: id } = postedBy(page);
    expect([page.status, action]).toEqual([200, site.launchUri]);
    const keys = createRemoteJWKSet(new URL(`${world.issuer}/oauth/jwks`));
    const { payload, protectedHeader } = await jwtVerify(token, keys, { issuer: world.issuer, audience: world.apps.scheduler.id, typ: 'context+jwt', algorithms: ['ES256'] });
    expect(protectedHeader).toEqual({ alg: 'ES256', typ: 'context+jwt', kid: expect.any(String) });
    expect(payload).toEqual({
      iss: world.issuer,
      aud: world.apps.scheduler.id,
      sub: ben.id,
      jti: expect.stringMatching(/^\w{22}$/),
      iat: expect.any(Number),
      exp: payload.iat! + 300,
      tenant: world.tenants.northwind,
      identity: 'user',
      authorization: 'authorized',
      resource: null,
      role: 'participant',
      permissions: ['meetings:read'],
      shared_access: true,
      token_endpoint: `${world.issuer}/oauth/token`,
      context: { kind: 'meeting', id: meeting },
      context_id: id,
    });
    expect(claimsOf((await site.launch(ada, { context: meeting })).context_token)).toMatchObject({ role: 'owner', sub: ada.id, shared_access: false });
    expect(claimsOf((await site.launch(ada)).context_token)).toMatchObject({ role: null, context: null });
  });

  test('S8 works without JavaScript by a button; the page may post to the app alone, and is kept nowhere', async () => {
    const page = await site.open(ben, { context: meeting });
    expect(page.forms.find(({ action }) => action === site.launchUri)?.buttons).toEqual([expect.objectContaining({ text: 'Open Scheduler Pro' })]);
    expect(page.headers.get('content-security-policy')).toContain(`form-action 'self' ${new URL(site.launchUri).origin};`);
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
    expect([page.headers.get('cache-control'), page.headers.get('referrer-policy'), page.headers.get('x-frame-options')]).toEqual(['no-store', 'no-referrer', 'DENY']);
    const other = await (await site.browserOf(ben)).open(`${world.issuer}/account`);
    expect(other.headers.get('content-security-policy')).not.toContain('script-src');
  });

  test('S8 stands on the marketplace’s page of the app and on the account’s', async () => {
    const browser = await site.browserOf(ben);
    const path = `/launch/${world.apps.scheduler.id}?tenant=${world.tenants.northwind}`;
    for (const page of [`/apps/${world.apps.scheduler.id}?tenant=${world.tenants.northwind}`, `/account/apps/${world.tenants.northwind}/${world.apps.scheduler.id}`]) {
      expect((await browser.open(world.issuer + page)).html).toContain(`href="${path}"`);
    }
  });

  test('S8 stands on the account’s page of the app for each meeting that the person is in just now', async () => {
    const page = async (person: World['people']['ada']) => (await (await site.browserOf(person)).open(`${world.issuer}/account/apps/${world.tenants.northwind}/${world.apps.scheduler.id}`)).html;
    const link = (id: string) => `href="/launch/${world.apps.scheduler.id}?tenant=${world.tenants.northwind}&amp;context=${id}"`;
    const [over, others] = [await site.meeting({ [ben.id]: 'owner' }), await site.meeting({ [ada.id]: 'owner' })];
    expect(await page(ben)).toContain(link(over));
    await world.manage.post(`/tenants/${world.tenants.northwind}/contexts/${over}/end`);
    const html = await page(ben);
    expect([meeting, over, others].map((id) => html.includes(link(id)))).toEqual([true, false, false]);
    expect(await page(ada)).toContain(link(others));
  });

  test('S9 context_id is the same for a person, tenant and app wherever it is opened, and another for any other', async () => {
    const [inMeeting, alone, again] = [await site.launch(ben, { context: meeting }), await site.launch(ben), await site.launch(ben)];
    expect(new Set([inMeeting, alone, again].map(({ context_id: id }) => id)).size).toBe(1);
    expect(alone.context_id).toMatch(/^[\w-]{43}$/);
    await connect(world, ben, { parameters: { tenant: world.tenants.contoso } });
    const others = [await site.launch(ada), await site.launch(ben, { tenant: world.tenants.contoso })].map(({ context_id: id }) => id);
    expect(new Set([alone.context_id, ...others]).size).toBe(3);
    expect(new Set([inMeeting, alone, again].map(({ context_token: token }) => claimsOf(token).jti)).size).toBe(3);
  });

  test('S11 gives a new token at another registered address, and at no other', async () => {
    const again = site.launchUri.replace('/launch', '/again');
    expect((await site.launch(ben, { redirect_uri: again })).action).toBe(again);
    for (const uri of [`${again}/`, `${again}?x=1`, 'https://evil.example/again', again.toUpperCase(), 'javascript:alert(1)', `${again}%00`]) {
      const page = await site.open(ben, { redirect_uri: uri });
      expect([uri, page.status, page.html.includes('context_token')]).toEqual([uri, 400, false]);
    }
  });

  test('a person of several tenants is asked which; a meeting says it by itself', async () => {
    const browser = await site.browserOf(ben);
    const address = `${world.issuer}/launch/${world.apps.scheduler.id}`;
    const asked = await browser.open(address);
    expect(asked.html).toContain('Where do you want to open');
    expect(asked.html).not.toContain('context_token');
    expect(claimsOf(postedBy(await browser.open(`${address}?context=${meeting}`)).context_token).tenant).toBe(world.tenants.northwind);
  });

  test('xX4 is for whoever is signed in: a link names nobody, and who is signed out signs in first', async () => {
    const visitor = createHttpBrowser();
    const page = await visitor.open(`${world.issuer}/launch/${world.apps.scheduler.id}?tenant=${world.tenants.northwind}&context=${meeting}&user=${ada.id}&sub=${ada.id}`);
    expect([page.url.pathname, page.html.includes('context_token')]).toEqual(['/sign-in', false]);
    const opened = await visitor.submit(page, { button: 'Sign in', fill: { email: ben.email, password: ben.password } });
    expect(claimsOf(postedBy(opened).context_token)).toMatchObject({ sub: ben.id, role: 'participant', context: { id: meeting } });
  });

  test('opens nothing for who is not in the meeting, not in the tenant, or for an app or meeting that is not there', async () => {
    const { dan, erin } = world.people;
    const other = await site.meeting({ [ada.id]: 'owner' });
    const refused = async (...asked: Parameters<LaunchSite['open']>) => {
      const { status, html } = await site.open(...asked);
      return [status, html.includes('context_token')];
    };
    await connect(world, dan);
    expect(await refused(dan, { context: meeting })).toEqual([404, false]);
    expect(await refused(ben, { context: other })).toEqual([404, false]);
    expect(await refused(ben, { context: '555 0100' })).toEqual([404, false]);
    expect(await refused(ben, { context: meeting, tenant: world.tenants.contoso })).toEqual([404, false]);
    expect(await refused(erin)).toEqual([404, false]);
    expect(await refused(ben, {}, { ...world.apps.scheduler, id: 'app_none' })).toEqual([404, false]);
    expect(await refused(ben, { resource: 'list:none' })).toEqual([404, false]);
    expect(await refused(ben, { resource: 'nonsense' })).toEqual([400, false]);
    await world.manage.post(`/tenants/${world.tenants.northwind}/contexts/${other}/end`);
    expect(await refused(ada, { context: other })).toEqual([403, false]);
  });

  test('S8 tells the node on which it was opened, when the member can reach it', async () => {
    const tree = `/tenants/${world.tenants.northwind}/resources`;
    await world.manage.post(tree, { nodes: [{ kind: 'tenancy', id: 'root', title: 'Root', parent: null }, { kind: 'site_collection', id: 'team:1', title: 'Team', parent: { kind: 'tenancy', id: 'root' } }] });
    expect((await site.open(ben, { resource: 'site_collection:team:1' })).status).toBe(404);
    await world.manage.put(`${tree}/tenancy/root/rights/${ben.id}`, { right: 'read' });
    expect(claimsOf((await site.launch(ben, { resource: 'site_collection:team:1' })).context_token).resource).toEqual({ kind: 'site_collection', id: 'team:1' });
  });

  test('S3 S8 an app that needs a list has one picked before it opens, and its token is for that one', async () => {
    const tree = `/tenants/${world.tenants.northwind}/resources`;
    const root = { kind: 'tenancy', id: 'lists' };
    const list = (id: string) => ({ kind: 'list', id, title: id, template: 'tasks', parent: { kind: 'web', id: 'web' } });
    await world.manage.post(tree, {
      nodes: [{ ...root, title: 'Lists', parent: null }, { kind: 'site_collection', id: 'site', title: 'Site', parent: root }, { kind: 'web', id: 'web', title: 'Web', parent: { kind: 'site_collection', id: 'site' } }, list('mine'), list('other')],
    });
    await world.manage.put(`${tree}/web/web/rights/${ada.id}`, { right: 'write' });
    const tasks = await registerApp(world.manage, { name: 'Tasks', authMethod: 'client_secret_basic' }, {
      redirectUris: ['https://tasks.example/callback'], launchUri: 'https://tasks.example/launch', permissions: { user: { required: ['meetings:read'] } },
      resources: { user: [{ kind: 'list', right: 'write', template: 'tasks', required: true }] },
    });
    const consent = await site.open(ada, {}, tasks);
    const browser = await site.browserOf(ada);
    const opened = await browser.submit(consent, { button: 'Authorize', tick: ['node_user_0=mine'] });
    const { status, body } = await site.exchange(postedBy(opened).context_token, {}, tasks);
    expect([status, body.authorization_details]).toEqual([200, [{ type: 'resource_access', kind: 'list', right: 'write', identifier: 'mine' }]]);
  });

  test('the platform opens it for a member by the API, where it may be opened, and only there', async () => {
    const path = `/tenants/${world.tenants.northwind}/launches`;
    const body = await world.manage.post(path, { app: world.apps.scheduler.id, user: ben.id, context: meeting });
    expect(body).toEqual({ action: site.launchUri, fields: { context_token: expect.any(String), context_id: (await site.launch(ben)).context_id }, expiresAt: expect.any(String) });
    expect(claimsOf(body.fields.context_token)).toMatchObject({ sub: ben.id, role: 'participant' });
    expect((await site.exchange(body.fields.context_token)).status).toBe(200);

    const refusal = async (more: object) => (await world.manage.ask('POST', path, { app: world.apps.scheduler.id, user: ben.id, ...more })).body.code;
    expect(await refusal({ user: world.people.chloe.id })).toBe('insufficient_scope');
    expect(await refusal({ user: world.people.erin.id })).toBe('not_found');
    expect(await refusal({ user: world.people.dan.id, context: meeting })).toBe('not_found');
    expect(await refusal({ redirectUri: 'https://evil.example/' })).toBe('invalid_request');
    expect(await refusal({ user: undefined, guest: 'phone' })).toBe('not_found');
  });

  test('xX5 no token stands in an address or in the log', async () => {
    const { context_token: token, context_id: id } = await site.launch(ben, { context: meeting });
    const { body } = await site.exchange(token);
    expect((await introspect(world, body.access_token)).body.active).toBe(true);
    const browser = createHttpBrowser();
    await signIn(world, browser, ben);
    const logged = world.assent.logged();
    for (const secret of [token, token.split('.')[2] ?? '', id, body.access_token, meeting]) expect(logged.includes(secret)).toBe(false);
    expect(logged).toContain(`"path":"/launch/${world.apps.scheduler.id}"`);
  });
});
