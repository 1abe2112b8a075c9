import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { aftermath } from '#test/support/aftermath.ts';
import { createHttpBrowser, type HttpBrowser } from '#test/support/http-browser.ts';
import { begin, connect, post } from '#test/support/oauth-flow.ts';
import { registerApp } from '#test/support/register-app.ts';
import { startWorld, type TestApp, type World } from '#test/support/world.ts';

/** What is registered: an address with a path and a query, one on this device, one of an app's own scheme. */
const REGISTERED = ['https://app.example/callback?flow=1', 'http://127.0.0.1:4711/callback', 'com.example.app:/callback'] as const;

let world: World;
let app: TestApp;
/** Dan, who is signed in and said yes to the app: nothing but the address stands between a request and its code. */
let browser: HttpBrowser;

beforeAll(async () => {
  world = await startWorld();
  app = await registerApp(
    world.manage,
    { name: 'Target', authMethod: 'none' },
    { redirectUris: REGISTERED, permissions: { user: { required: ['calendar:read'] } } },
  );
  browser = createHttpBrowser();
  await connect(world, world.people.dan, { app: { ...app, redirectUri: REGISTERED[0] }, parameters: { scope: 'openid calendar:read' }, browser });
});
afterAll(() => world.stop());

const MUTATIONS: readonly string[] = [
  '',
  ' ',
  'https://evil.example/callback?flow=1',
  // Another host that looks like, begins with or ends with the right one.
  'https://app.example.evil.example/callback?flow=1',
  'https://evilapp.example/callback?flow=1',
  'https://evil.app.example/callback?flow=1',
  'https://app.example@evil.example/callback?flow=1',
  'https://app.example:pass@evil.example/callback?flow=1',
  'https://evil.example/https://app.example/callback?flow=1',
  'https://evil.example#@app.example/callback?flow=1',
  'https://evil.example\\@app.example/callback?flow=1',
  'https://app.example%2f@evil.example/callback?flow=1',
  'https://app.example\u3002evil.example/callback?flow=1',
  'https://app.ex\u0430mple/callback?flow=1',
  'https://app.example.:443/callback?flow=1',
  // The right host, written otherwise.
  'https://APP.example/callback?flow=1',
  'https://app.example:443/callback?flow=1',
  'https://app.example:8443/callback?flow=1',
  'HTTPS://app.example/callback?flow=1',
  'http://app.example/callback?flow=1',
  '//app.example/callback?flow=1',
  'https:app.example/callback?flow=1',
  'https:/app.example/callback?flow=1',
  'https:\\\\app.example\\callback?flow=1',
  ' https://app.example/callback?flow=1',
  'https://app.example/callback?flow=1 ',
  'https://app.example/callback?flow=1\n',
  '\thttps://app.example/callback?flow=1',
  'https://app.example/callback?flow=1\0',
  // Another path or query.
  'https://app.example/callback',
  'https://app.example/callback/?flow=1',
  'https://app.example/Callback?flow=1',
  'https://app.example/callback/../other?flow=1',
  'https://app.example/other/../callback?flow=1',
  'https://app.example/./callback?flow=1',
  'https://app.example//callback?flow=1',
  'https://app.example/%63allback?flow=1',
  'https://app.example/callback%2f..%2fother?flow=1',
  'https://app.example/callback;x=1?flow=1',
  'https://app.example/callback?flow=1&next=https://evil.example/',
  'https://app.example/callback?flow=2',
  'https://app.example/callback?flow=1#fragment',
  'https://app.example/callback?flow=1#',
  'https://app.example/callback?flow=1*',
  // The device's own.
  'http://127.0.0.1:4711/callback/',
  'http://127.0.0.1:4711/other',
  'http://127.0.0.1.evil.example:4711/callback',
  'http://localhost:4711/callback',
  'http://[::1]:4711/callback',
  'http://2130706433:4711/callback',
  'http://0.0.0.0:4711/callback',
  'https://127.0.0.1:4711/callback',
  // Schemes.
  'com.example.app://callback',
  'com.example.app:/callback/..',
  'com.example.app:/callback2',
  'com.example.ap:/callback',
  'javascript:alert(1)//https://app.example/callback?flow=1',
  'data:text/html,<script>alert(1)</script>',
  'vbscript:x',
  'file:///etc/passwd',
  'about:blank',
  'urn:ietf:wg:oauth:2.0:oob',
  '/callback',
  '..',
  'https://',
  'https://app.example/callback?flow=1'.repeat(200),
  'null',
  '<script>alert(1)</script>',
];

/** A page that says what is wrong and sends the browser nowhere. */
async function expectErrorPage(url: URL): Promise<void> {
  const response = await fetch(url, { redirect: 'manual', headers: { accept: 'text/html', cookie: `assent_session=${browser.cookie(world.issuer, 'assent_session')}` } });
  const html = await response.text();
  const seen = { status: response.status, location: response.headers.get('location'), refresh: response.headers.get('refresh'), type: response.headers.get('content-type') };
  expect(seen).toEqual({ status: 400, location: null, refresh: null, type: expect.stringContaining('text/html') });
  expect(html).not.toMatch(/http-equiv|<script|evil\.example|app\.example|alert\(1\)/i);
  expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
}

describe('xP4 a redirect URI that is not letter for letter a registered one gets an error page, never a redirect', () => {
  test.each(MUTATIONS.map((uri) => [uri.slice(0, 90)] as const).map(([shown], place) => [shown, MUTATIONS[place] ?? ''] as const))('%j', async (_, uri) => {
    await expectErrorPage(begin(world, { app, parameters: { redirect_uri: uri, scope: 'openid calendar:read' } }).url);
  });

  test('left out, or there twice', async () => {
    await expectErrorPage(begin(world, { app, parameters: { redirect_uri: undefined } }).url);
    for (const second of [REGISTERED[0], 'https://evil.example/']) {
      const { url } = begin(world, { app: { ...app, redirectUri: REGISTERED[0] } });
      url.searchParams.append('redirect_uri', second);
      await expectErrorPage(url);
      url.searchParams.delete('redirect_uri');
      url.searchParams.append('redirect_uri[]', REGISTERED[0]);
      await expectErrorPage(url);
    }
  });

  test('also when the request asks for nobody to be asked, for another answer, or is wrong in other ways', async () => {
    for (const more of [{ prompt: 'none' }, { response_mode: 'form_post' }, { response_mode: 'web_message' }, { response_type: 'token' }, { scope: 'nonsense' }, { request: 'x.y.z' }]) {
      await expectErrorPage(begin(world, { app, parameters: { redirect_uri: 'https://evil.example/', ...more } }).url);
    }
  });

  test('of another app', async () => {
    await expectErrorPage(begin(world, { app, parameters: { redirect_uri: world.apps.notes.redirectUri } }).url);
    await expectErrorPage(begin(world, { app: world.apps.notes, parameters: { redirect_uri: REGISTERED[0] } }).url);
  });

  test.each([
    ['no app', undefined],
    ['an unknown app', 'app_0000000000000000000000'],
    ['an operator', 'opr'],
    ['a resource server', 'rs'],
    ['no text for an app', '__proto__'],
  ])('for %s', async (_, client) => {
    const { firstOperator } = world.assent;
    const id = { opr: firstOperator.id, rs: world.resourceServers.meetings.id }[client ?? ''] ?? client;
    await expectErrorPage(begin(world, { app, parameters: { client_id: id, redirect_uri: 'https://evil.example/' } }).url);
  });

  test('a version that is no longer in use takes its addresses with it', async () => {
    const old = await registerApp(world.manage, { name: 'Moving', authMethod: 'none' }, { redirectUris: ['https://old.example/'], permissions: {} });
    const draft = await world.manage.post(`/apps/${old.id}/versions`, { redirectUris: ['https://new.example/'], permissions: {} });
    await world.manage.post(`/apps/${old.id}/versions/${draft.id}/publish`);
    await expectErrorPage(begin(world, { app: old }).url);
  });

  test.each(['Authorize', 'Refuse'])('also from a request that is under way: after %s the way back ends at an error page', async (button) => {
    const moving = await registerApp(world.manage, { name: 'Moving on', authMethod: 'none' }, { redirectUris: ['https://old.example/', 'https://new.example/'], permissions: {} });
    const page = await browser.open(begin(world, { app: moving, parameters: { scope: 'openid' } }).url);
    const draft = await world.manage.post(`/apps/${moving.id}/versions`, { redirectUris: ['https://new.example/'], permissions: {} });
    await world.manage.post(`/apps/${moving.id}/versions/${draft.id}/publish`);
    // The page is made of a version that is over: it is shown anew.
    const again = button === 'Authorize' ? await browser.submit(page, { button }) : page;
    const back = await browser.submit(again, { button }, { stopAt: 'https://old.example/' });
    expect([back.status, back.url.origin, /not registered/.test(back.html)]).toEqual([400, world.issuer, true]);
  });

  test('pushed, the request is refused', async () => {
    for (const uri of MUTATIONS.slice(0, 12)) {
      const { url } = begin(world, { parameters: { redirect_uri: uri } });
      const { status, body } = await post(world, '/oauth/par', world.apps.scheduler, Object.fromEntries(url.searchParams));
      expect({ uri, status, error: body.error }).toEqual({ uri, status: 400, error: 'invalid_request' });
    }
  });
});

test('the registered addresses work, so the refusals above are no accident', async () => {
  for (const uri of REGISTERED) {
    const { url } = begin(world, { app, parameters: { redirect_uri: uri, scope: 'openid calendar:read' } });
    // A native app is asked about each time (RFC 8252 section 8.6).
    const page = await browser.open(url, { stopAt: uri });
    const back = await browser.submit(page, { button: 'Authorize' }, { stopAt: uri });
    expect(back.url.searchParams.get('code')).toMatch(/^assent_ac_/);
  }
});

test('xP4 whatever is wrong otherwise goes back to the registered address alone, with state and issuer', async () => {
  for (const [more, error] of [
    [{ response_type: 'token' }, 'unsupported_response_type'],
    [{ response_type: 'code id_token' }, 'unsupported_response_type'],
    [{ prompt: 'none login' }, 'invalid_request'],
    [{ max_age: '-1' }, 'invalid_request'],
    [{ scope: 'openid files:read' }, 'invalid_scope'],
    [{ resource: 'https://unknown.example/' }, 'invalid_target'],
    [{ identity: 'nobody' }, 'invalid_request'],
  ] as const) {
    const attempt = begin(world, { parameters: more });
    const page = await browser.open(attempt.url, { stopAt: attempt.app.redirectUri });
    const answer = page.url.hash.startsWith('#') && page.url.hash !== '' ? new URLSearchParams(page.url.hash.slice(1)) : page.url.searchParams;
    expect({ more, at: page.url.origin + page.url.pathname, ...Object.fromEntries(answer) }).toMatchObject({
      more,
      at: attempt.app.redirectUri,
      error,
      state: attempt.state,
      iss: world.issuer,
    });
  }
});

test('I10 nothing broke, and the log holds no secret', () => {
  expect(aftermath(world)).toEqual([]);
});
