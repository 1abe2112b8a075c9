import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { aftermath } from '#test/support/aftermath.ts';
import { createHttpBrowser, type HttpBrowser } from '#test/support/http-browser.ts';
import { begin, connect } from '#test/support/oauth-flow.ts';
import { registerApp } from '#test/support/register-app.ts';
import { startWorld, type World } from '#test/support/world.ts';

let world: World;
let browser: HttpBrowser;
let token: string;

beforeAll(async () => {
  world = await startWorld();
  browser = createHttpBrowser();
  ({ access_token: token } = (await connect(world, world.people.dan, { browser })).tokens);
});
afterAll(() => world.stop());

const ask = async (origin: string, path: string, method = 'GET') => {
  const { status, headers } = await fetch(world.issuer + path, {
    method,
    redirect: 'manual',
    headers: { origin, authorization: `Bearer ${token}`, cookie: browser.cookies(world.issuer), 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
  });
  return { status, origin: headers.get('access-control-allow-origin'), credentials: headers.get('access-control-allow-credentials') };
};
const STRANGERS = ['https://evil.example', 'null', 'https://notes.example', 'http://127.0.0.1:1'];
const own = () => new URL(world.apps.scheduler.redirectUri).origin;

test('scripts of other sites never ask with a person’s cookies', async () => {
  const paths = ['/account', '/sign-in', '/consent/x', '/oauth/authorize', '/oauth/token', '/oauth/userinfo', '/oauth/par', '/oauth/revoke', '/oauth/introspect', '/oauth/jwks', '/api/v1/tenants', '/.well-known/openid-configuration'];
  for (const origin of [...STRANGERS, own()]) {
    for (const path of paths) for (const method of ['GET', 'POST', 'OPTIONS']) expect({ path, method, ...(await ask(origin, path, method)) }).toMatchObject({ path, method, credentials: null });
  }
});

test('nor read a page, the management API or an authorization answer', async () => {
  const { pathname, search } = begin(world).url;
  for (const origin of [...STRANGERS, own()]) {
    for (const path of ['/account', '/sign-in', '/api/v1/tenants', '/api/openapi.json', pathname + search]) expect({ path, ...(await ask(origin, path)) }).toMatchObject({ path, origin: null });
  }
});

test('who the person is, they learn with the app’s token from the app’s own origin only', async () => {
  for (const origin of STRANGERS) expect(await ask(origin, '/oauth/userinfo')).toMatchObject({ status: 400, origin: null });
  expect(await ask(own(), '/oauth/userinfo')).toMatchObject({ status: 200, origin: own() });
});

test('an app that returns to a scheme of its own has no origin: pages without one, in a sandbox say, are not its', async () => {
  const native = await registerApp(world.manage, { name: 'Native', authMethod: 'none' }, { redirectUris: ['com.example.app:/callback'], permissions: {} });
  for (const origin of ['null', 'com.example.app:', 'com.example.app://']) {
    const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: 'x', client_id: native.id });
    const { headers } = await fetch(`${world.issuer}/oauth/token`, { method: 'POST', body, headers: { origin } });
    expect([origin, headers.has('access-control-allow-origin')]).toEqual([origin, false]);
  }
});

test('I10 nothing broke, and the log holds no secret', () => {
  expect(aftermath(world)).toEqual([]);
});
