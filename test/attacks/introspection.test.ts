import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { aftermath } from '#test/support/aftermath.ts';
import { createHttpBrowser, type HttpBrowser } from '#test/support/http-browser.ts';
import { authorize, begin, connect, exchange, introspect, post, refresh } from '#test/support/oauth-flow.ts';
import { registerApp } from '#test/support/register-app.ts';
import { startWorld, type TestApp, type World } from '#test/support/world.ts';

let world: World;
let rival: TestApp;
let browser: HttpBrowser;
let tokens: { access_token: string; refresh_token: string };
/** Bound to the Meetings API. */
let bound: { access_token: string; refresh_token: string; scope: string };

beforeAll(async () => {
  world = await startWorld();
  rival = await registerApp(
    world.manage,
    { name: 'Rival', authMethod: 'client_secret_basic' },
    { redirectUris: ['https://rival.example/callback'], permissions: { user: { required: ['meetings:read'] } } },
  );
  browser = createHttpBrowser();
  ({ tokens } = await connect(world, world.people.dan, { browser }));
  ({ tokens: bound } = await connect(world, world.people.dan, { browser, parameters: { resource: world.resourceServers.meetings.audience } }) as never);
});
afterAll(() => world.stop());

const INACTIVE = { status: 200, body: { active: false } };

describe('xP12 who has no business with a token learns nothing of it', () => {
  test('an unrelated app, the same as of a token that never was', async () => {
    for (const token of [tokens.access_token, tokens.refresh_token, bound.access_token, 'assent_ut_nonsense', 'nonsense', 'a.b.c']) {
      const { status, body } = await introspect(world, token, { as: rival });
      expect([status, body]).toEqual([200, { active: false }]);
    }
  });

  test('a public app with nothing but its name', async () => {
    const { status, body } = await introspect(world, tokens.access_token, { as: world.apps.notes });
    expect({ status, active: body.active === true }).toEqual({ status, active: false });
  });

  test('a resource server, of refresh tokens', async () => {
    expect(await introspect(world, tokens.refresh_token)).toMatchObject(INACTIVE);
    expect(await introspect(world, bound.refresh_token)).toMatchObject(INACTIVE);
  });

  test('an operator, of apps’ tokens; an app and a resource server, of an operator’s', async () => {
    const { firstOperator } = world.assent;
    expect((await introspect(world, tokens.access_token, { as: { ...firstOperator, audience: '' } })).body).toEqual({ active: false });
    const { body } = await post(world, '/oauth/token', firstOperator, { grant_type: 'client_credentials', scope: 'read' });
    for (const as of [rival, world.resourceServers.meetings]) expect(await introspect(world, body.access_token, { as })).toMatchObject(INACTIVE);
  });

  test('an operator’s token opens no account, an app’s token no management API', async () => {
    const ask = (path: string, token: string) => fetch(world.issuer + path, { headers: { authorization: `Bearer ${token}` } });
    const { body } = await post(world, '/oauth/token', world.assent.firstOperator, { grant_type: 'client_credentials', scope: 'manage read' });
    expect((await ask('/oauth/userinfo', body.access_token)).status).toBe(401);
    for (const token of [tokens.access_token, bound.access_token, tokens.refresh_token]) expect((await ask('/api/v1/tenants', token)).status).toBe(401);
    const own = await post(world, '/oauth/token', rival, { grant_type: 'client_credentials' });
    expect(own.status).toBe(200);
    expect((await ask('/api/v1/tenants', own.body.access_token)).status).toBe(401);
    expect((await ask('/oauth/userinfo', own.body.access_token)).status).toBe(401);
    expect(await introspect(world, own.body.access_token)).toMatchObject(INACTIVE);
  });

  test('with a wrong secret, none, or somebody else’s, not even that', async () => {
    const { meetings, archive } = world.resourceServers;
    for (const secret of ['wrong', archive.secret, `${meetings.secret} `, meetings.secret.slice(0, -1)]) {
      expect((await introspect(world, tokens.access_token, { as: { ...meetings, secret } })).status).toBe(401);
    }
    const anonymous = await fetch(`${world.issuer}/oauth/introspect`, { method: 'POST', body: new URLSearchParams({ token: tokens.access_token }) });
    expect(anonymous.status).toBe(400);
  });
});

describe('RFC 8707 a token for one resource server', () => {
  test('is active there, names it, and is nothing at another', async () => {
    const { meetings, archive } = world.resourceServers;
    expect((await introspect(world, bound.access_token)).body).toMatchObject({ active: true, aud: meetings.audience });
    expect(await introspect(world, bound.access_token, { as: archive })).toMatchObject(INACTIVE);
    expect((await introspect(world, bound.access_token, { as: world.apps.scheduler })).body.active).toBe(true);
  });

  test('does not open another one by being refreshed or redeemed for it', async () => {
    const { archive } = world.resourceServers;
    const renewed = await refresh(world, world.apps.scheduler, bound.refresh_token, { resource: archive.audience });
    expect(renewed).toMatchObject({ status: 400, body: { error: 'invalid_target' } });
    const attempt = begin(world, { parameters: { resource: world.resourceServers.meetings.audience } });
    const code = (await authorize(attempt, world.people.dan, { browser })).get('code');
    expect(await exchange(world, attempt, code, { resource: archive.audience })).toMatchObject({ status: 400, body: { error: 'invalid_target' } });
  });

  test('has no permission of another one in its scope', async () => {
    const attempt = begin(world, { parameters: { resource: world.resourceServers.archive.audience } });
    const answer = await authorize(attempt, world.people.dan, { browser });
    const { status, body } = await exchange(world, attempt, answer.get('code'));
    expect([status, body.scope]).toEqual([200, '']);
    expect((await introspect(world, body.access_token, { as: world.resourceServers.archive })).body.scope).toBeUndefined();
    expect((await introspect(world, body.access_token)).body).toEqual({ active: false });
  });

  test('cannot be asked for by an unknown or malformed name', async () => {
    for (const resource of ['https://unknown.example/', 'meetings', `${world.resourceServers.meetings.audience}/`, `${world.resourceServers.meetings.audience}#x`]) {
      const attempt = begin(world, { parameters: { resource } });
      const page = await browser.open(attempt.url, { stopAt: attempt.app.redirectUri });
      expect({ resource, error: page.url.searchParams.get('error') }).toEqual({ resource, error: 'invalid_target' });
    }
  });
});

describe('xP12 a damaged token', () => {
  test('cut at any place, lengthened, or with a letter changed at any place is inactive', async () => {
    const token = tokens.access_token;
    const other = (letter: string | undefined) => (letter === 'A' ? 'B' : 'A');
    const damaged = Array.from(token, (_, place) => [token.slice(0, place), token.slice(0, place) + other(token[place]) + token.slice(place + 1)])
      .flat()
      .concat(`${token}A`, `${token} `, ` ${token}`, `${token},${token}`, token.toUpperCase(), encodeURIComponent(`${token}%`))
      .filter((text) => text !== '');
    for (const text of damaged) expect({ text, ...(await introspect(world, text)) }).toMatchObject({ text, ...INACTIVE });
    expect((await introspect(world, token)).body.active).toBe(true);
  });

  test('with another prefix, or a hint at another kind, is what it is', async () => {
    for (const prefix of ['assent_ac_', 'assent_rt_', 'assent_tt_', 'assent_mt_', 'assent_at_', '']) {
      const text = tokens.access_token.replace('assent_ut_', prefix);
      expect({ text: prefix, ...(await introspect(world, text)) }).toMatchObject({ text: prefix, ...INACTIVE });
    }
    for (const hint of ['refresh_token', 'access_token', 'nonsense', '']) {
      const { body } = await post(world, '/oauth/introspect', world.resourceServers.meetings, { token: tokens.access_token, token_type_hint: hint });
      expect({ hint, active: body.active }).toEqual({ hint, active: true });
    }
  });
});

test('I10 nothing broke, and the log holds no secret', () => {
  expect(aftermath(world)).toEqual([]);
});
