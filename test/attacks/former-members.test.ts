import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import { aftermath } from '#test/support/aftermath.ts';
import { createHttpBrowser, type HttpBrowser, type HttpPage } from '#test/support/http-browser.ts';
import { arrive, authorize, begin, connect, exchange, introspect, post, refresh, SCOPE, signIn } from '#test/support/oauth-flow.ts';
import { startWorld, type Person, type World } from '#test/support/world.ts';

let world: World;
let dan: Person;
let browser: HttpBrowser;

beforeAll(async () => {
  world = await startWorld();
  ({ dan } = world.people);
  browser = createHttpBrowser();
  await signIn(world, browser, dan);
});
beforeEach(leaveAndReturn);
afterAll(() => world.stop());

const members = () => `/tenants/${world.tenants.northwind}/members`;
const grants = async (): Promise<unknown[]> => (await world.manage.get(`/tenants/${world.tenants.northwind}/grants?user=${dan.id}`)).items;

/** Dan is removed from Northwind and made a member again. */
async function leaveAndReturn(): Promise<void> {
  await world.manage.remove(`${members()}/${dan.id}`);
  await world.manage.post(members(), { user: dan.id });
}

const isDead = async (token: string): Promise<boolean> => !(await introspect(world, token)).body.active;
const refused = { status: 400, body: { error: 'invalid_grant' } };
const parameters = (more: Record<string, string> = {}) => ({ tenant: world.tenants.northwind, ...more });
/** Presses Authorize and stays on the way back. */
const answer = async (page: HttpPage): Promise<URL> => (await browser.submit(page, { button: 'Authorize' }, { stopAt: `${world.issuer}/oauth/authorize/` })).url;

describe('xT6 who was removed and comes back has none of what there was', () => {
  test('tokens and refresh tokens stay dead, also after a new yes', async () => {
    const { tokens } = await connect(world, dan, { browser });
    expect(await isDead(tokens.access_token)).toBe(false);
    await leaveAndReturn();
    expect(await isDead(tokens.access_token)).toBe(true);
    expect(await refresh(world, world.apps.scheduler, tokens.refresh_token)).toMatchObject(refused);

    const again = await connect(world, dan, { browser });
    expect(await isDead(again.tokens.access_token)).toBe(false);
    expect(await isDead(tokens.access_token)).toBe(true);
    expect(await refresh(world, world.apps.scheduler, tokens.refresh_token)).toMatchObject(refused);
    expect(again.tokens['grant_id']).not.toBe(tokens['grant_id']);
  });

  test('a code stays dead', async () => {
    const attempt = begin(world, { parameters: parameters() });
    const code = (await authorize(attempt, dan, { browser })).get('code');
    await leaveAndReturn();
    expect(await exchange(world, attempt, code)).toMatchObject(refused);
    await connect(world, dan, { browser });
    expect(await exchange(world, attempt, code)).toMatchObject(refused);
  });

  test('a grant is gone: it is in no list, nobody is let through silently, and the page asks anew', async () => {
    await connect(world, dan, { browser, parameters: { scope: `${SCOPE} calendar:read` }, tick: ['permission=calendar:read'] });
    await leaveAndReturn();
    expect(await grants()).toEqual([]);
    const silent = await browser.open(begin(world, { parameters: parameters({ prompt: 'none' }) }).url, { stopAt: world.apps.scheduler.redirectUri });
    expect(silent.url.searchParams.get('error')).toBe('consent_required');
    const { tokens } = await connect(world, dan, { browser, parameters: { include_granted_scopes: 'true' } });
    expect(tokens.scope.split(' ')).not.toContain('calendar:read');
  });

  test('a consent page that was open, an answer on its way and a pushed request give nothing of the old', async () => {
    const attempt = begin(world, { parameters: parameters() });
    const page = await arrive(browser, attempt, dan);
    await leaveAndReturn();
    const late = await browser.submit(page, { button: 'Authorize' }, { stopAt: attempt.app.redirectUri });
    expect([late.status, late.url.searchParams.has('code')]).toEqual([409, false]);

    const other = begin(world, { parameters: parameters() });
    const way = await answer(await arrive(browser, other, dan));
    await leaveAndReturn();
    const back = await browser.open(way, { stopAt: other.app.redirectUri });
    expect(back.url.searchParams.get('error')).toBe('access_denied');

    await connect(world, dan, { browser });
    const pushed = begin(world, { parameters: parameters() });
    const { body } = await post(world, '/oauth/par', pushed.app, Object.fromEntries(pushed.url.searchParams));
    await leaveAndReturn();
    pushed.url.search = String(new URLSearchParams({ client_id: pushed.app.id, request_uri: body.request_uri }));
    expect((await browser.open(pushed.url, { stopAt: pushed.app.redirectUri })).url.pathname).toMatch(/^\/consent\//);
    expect(await grants()).toEqual([]);
  });

  test('made inactive and active again in the same stay, it is paused, not lost; and while paused nothing works', async () => {
    const { tokens } = await connect(world, dan, { browser });
    const attempt = begin(world, { parameters: parameters() });
    const code = (await authorize(attempt, dan, { browser })).get('code');
    await world.manage.change(`${members()}/${dan.id}`, { status: 'inactive' });
    expect(await isDead(tokens.access_token)).toBe(true);
    expect(await refresh(world, world.apps.scheduler, tokens.refresh_token)).toMatchObject(refused);
    expect(await exchange(world, attempt, code)).toMatchObject(refused);
    const page = await browser.open(begin(world, { parameters: parameters() }).url, { stopAt: attempt.app.redirectUri });
    expect(page.url.searchParams.has('code')).toBe(false);
    await world.manage.change(`${members()}/${dan.id}`, { status: 'active' });
    expect(await isDead(tokens.access_token)).toBe(false);
  });
});

describe('I3 a person whose account ends takes everything along', () => {
  test('disabled, they have no session, no token and no code anywhere; enabled again, they sign in anew', async () => {
    const email = 'gone@northwind.example';
    const { id } = await world.manage.post('/users', { email, name: 'Gone Soon', password: dan.password });
    await world.manage.post(members(), { user: id });
    const person = { id, email, name: 'Gone Soon', password: dan.password };
    const own = createHttpBrowser();
    const { tokens } = await connect(world, person, { browser: own });
    const attempt = begin(world, { parameters: parameters() });
    const code = (await authorize(attempt, person, { browser: own })).get('code');

    await world.manage.put(`/users/${id}/status`, { status: 'disabled' });
    expect(await isDead(tokens.access_token)).toBe(true);
    expect(await refresh(world, world.apps.scheduler, tokens.refresh_token)).toMatchObject(refused);
    expect(await exchange(world, attempt, code)).toMatchObject(refused);
    expect((await own.open(`${world.issuer}/account`)).url.pathname).toBe('/sign-in');
    expect((await fetch(`${world.issuer}/oauth/userinfo`, { headers: { authorization: `Bearer ${tokens.access_token}` } })).status).toBe(401);

    await world.manage.put(`/users/${id}/status`, { status: 'active' });
    expect((await own.open(`${world.issuer}/account`)).url.pathname).toBe('/sign-in');
  });

  test('an app that is disabled has no token, no code and no request', async () => {
    const { tokens } = await connect(world, dan, { browser });
    const attempt = begin(world, { parameters: parameters() });
    const code = (await authorize(attempt, dan, { browser })).get('code');
    const { id } = world.apps.scheduler;
    await world.manage.put(`/apps/${id}/status`, { status: 'disabled' });
    try {
      expect(await isDead(tokens.access_token)).toBe(true);
      expect((await refresh(world, world.apps.scheduler, tokens.refresh_token)).status).toBe(401);
      expect((await exchange(world, attempt, code)).status).toBe(401);
      const page = await browser.open(begin(world).url, { stopAt: attempt.app.redirectUri });
      expect([page.status, page.url.pathname]).toEqual([400, '/oauth/authorize']);
    } finally {
      await world.manage.put(`/apps/${id}/status`, { status: 'active' });
    }
  });
});

test('I10 nothing broke, and the log holds no secret', () => {
  expect(aftermath(world)).toEqual([]);
});
