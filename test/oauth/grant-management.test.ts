import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import { aftermath } from '#test/support/aftermath.ts';
import { createHttpBrowser } from '#test/support/http-browser.ts';
import { arrive, begin, connect, exchange, introspect, post, refresh, SCOPE } from '#test/support/oauth-flow.ts';
import { registerApp, type TestApp } from '#test/support/register-app.ts';
import { forgetApp } from '#test/support/tenant-tokens.ts';
import { startWorld, type World } from '#test/support/world.ts';

let world: World;
let other: TestApp;

beforeAll(async () => {
  world = await startWorld();
  other = await registerApp(
    world.manage,
    { name: 'Other', authMethod: 'client_secret_basic' },
    { redirectUris: ['https://other.example/callback'], permissions: { user: { required: ['calendar:read'] } } },
  );
});
afterAll(() => world.stop());
beforeEach(() => forgetApp(world));

const SCOPES = 'grant_management_query grant_management_revoke';
const ownToken = async (app: TestApp, scope = SCOPES): Promise<string> =>
  (await post(world, '/oauth/token', app, { grant_type: 'client_credentials', scope })).body.access_token;

async function ask(method: string, id: string, { app = world.apps.scheduler, token }: { app?: TestApp; token?: string } = {}) {
  const response = await fetch(`${world.issuer}/oauth/grants/${encodeURIComponent(id)}`, { method, headers: { authorization: `Bearer ${token ?? (await ownToken(app))}` } });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
}

const WIDE = `${SCOPE} calendar:read`;
const connected = async (parameters: Record<string, string | undefined> = {}, more: object = { tick: ['permission=calendar:read'] }) =>
  (await connect(world, world.people.dan, { parameters: { scope: WIDE, ...parameters }, ...more })).tokens;
const scopesOf = async (token: string): Promise<string[]> => String((await introspect(world, token)).body.scope ?? '').split(' ').toSorted();

describe('the grant management endpoint', () => {
  test('stands in discovery, with what it can do', async () => {
    for (const path of ['openid-configuration', 'oauth-authorization-server']) {
      const metadata = await (await fetch(`${world.issuer}/.well-known/${path}`)).json();
      expect(metadata).toMatchObject({
        grant_management_endpoint: `${world.issuer}/oauth/grants`,
        grant_management_actions_supported: ['query', 'revoke', 'create', 'merge', 'replace'],
        grant_management_action_required: false,
        scopes_supported: expect.arrayContaining(SCOPES.split(' ')),
      });
    }
  });

  test('tells the app what its grant gives right now, each part with the API that it is for', async () => {
    const { grant_id: id } = await connected();
    const { status, headers, body } = await ask('GET', id);
    expect([status, headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(body.claims).toEqual(['sub', 'name', 'email']);
    expect(body.authorization_details).toEqual([]);
    const forMeetings = body.scopes.find(({ resources }: { resources?: string[] }) => resources?.includes(world.resourceServers.meetings.audience));
    expect(forMeetings.scope.split(' ')).toContain('meetings:read');
    expect(JSON.stringify(body)).toContain('calendar:read');
  });

  test('I2 lets the app end it: every token of it is dead at once, and ended again it is unknown', async () => {
    const tokens = await connected();
    expect((await ask('DELETE', tokens['grant_id'])).status).toBe(204);
    expect((await introspect(world, tokens.access_token)).body).toEqual({ active: false });
    expect((await refresh(world, world.apps.scheduler, tokens.refresh_token)).body.error).toBe('invalid_grant');
    expect(await ask('DELETE', tokens['grant_id'])).toMatchObject({ status: 404, body: { error: 'invalid_grant_id' } });
    expect(await ask('GET', tokens['grant_id'])).toMatchObject({ status: 404, body: { error: 'invalid_grant_id' } });
  });

  test('I5 knows a grant of another app no better than one that nobody has', async () => {
    const tokens = await connected();
    const unknown = `${tokens['grant_id'].slice(0, -4)}0000`;
    for (const method of ['GET', 'DELETE']) {
      const [foreign, none, noId] = [await ask(method, tokens['grant_id'], { app: other }), await ask(method, unknown, { app: other }), await ask(method, 'x', { app: other })];
      expect([foreign.status, foreign.body]).toEqual([404, none.body]);
      expect([none.status, noId.status, noId.body]).toEqual([404, 404, none.body]);
    }
    expect((await introspect(world, tokens.access_token)).body.active).toBe(true);
  });

  test('takes no other token than the app’s own with the scope that it needs', async () => {
    const tokens = await connected();
    const id = tokens['grant_id'];
    const query = await ownToken(world.apps.scheduler, 'grant_management_query');
    expect((await ask('GET', id, { token: query })).status).toBe(200);
    expect(await ask('DELETE', id, { token: query })).toMatchObject({ status: 403, body: { error: 'insufficient_scope' } });
    const { access_token: plain } = (await post(world, '/oauth/token', world.apps.scheduler, { grant_type: 'client_credentials' })).body;
    expect(await ask('GET', id, { token: plain })).toMatchObject({ status: 403 });
    for (const token of [tokens.access_token, tokens.refresh_token, 'x', '']) {
      const answer = await ask('GET', id, { token });
      expect([answer.status, answer.body.error, answer.headers.get('www-authenticate')]).toEqual([401, 'invalid_token', expect.stringContaining('Bearer error="invalid_token"')]);
    }
    expect((await post(world, '/oauth/token', world.apps.scheduler, { grant_type: 'client_credentials', scope: 'manage' })).body.error).toBe('invalid_request');
  });
});

describe('grant_management_action', () => {
  const answerTo = async (parameters: Record<string, string | undefined>): Promise<string | null> => {
    const page = await arrive(createHttpBrowser(), begin(world, { parameters: { scope: WIDE, tenant: world.tenants.northwind, ...parameters } }), world.people.dan);
    return page.url.searchParams.get('error');
  };

  test('names a grant of this app and this person, or nothing is asked', async () => {
    const { grant_id: id } = await connected();
    const bens = (await connect(world, world.people.ben)).tokens['grant_id'];
    const wrong: [Record<string, string | undefined>, string][] = [
      [{ grant_id: id }, 'invalid_request'],
      [{ grant_management_action: 'merge' }, 'invalid_request'],
      [{ grant_management_action: 'replace' }, 'invalid_request'],
      [{ grant_management_action: 'create', grant_id: id }, 'invalid_request'],
      [{ grant_management_action: 'revoke', grant_id: id }, 'invalid_request'],
      [{ grant_management_action: 'create', identity: 'tenant', scope: 'meetings.all:read' }, 'invalid_request'],
      [{ grant_management_action: 'replace', grant_id: 'x' }, 'invalid_grant_id'],
      [{ grant_management_action: 'replace', grant_id: bens, tenant: undefined }, 'invalid_grant_id'],
      [{ grant_management_action: 'merge', grant_id: id, tenant: world.tenants.contoso }, 'invalid_grant_id'],
    ];
    for (const [parameters, error] of wrong) expect([parameters, await answerTo(parameters)]).toEqual([parameters, error]);
  });

  test('L5 merge: what is granted joins what was granted before, under the same id', async () => {
    const before = await connected({ scope: SCOPE }, {});
    const after = await connected({ grant_management_action: 'merge', grant_id: before['grant_id'], tenant: undefined });
    expect(after['grant_id']).toBe(before['grant_id']);
    expect(await scopesOf(after.access_token)).toContain('calendar:read');
    expect((await introspect(world, before.access_token)).body.active).toBe(true);
  });

  test('replace: the page says what the app loses; afterwards its live tokens hold what was said now and nothing else', async () => {
    const before = await connected();
    expect(await scopesOf(before.access_token)).toContain('calendar:read');
    const attempt = begin(world, { parameters: { scope: SCOPE, grant_management_action: 'replace', grant_id: before['grant_id'] } });
    const browser = createHttpBrowser();
    const page = await arrive(browser, attempt, world.people.dan);
    expect(page.html).toContain('This replaces what you allowed before');
    expect(page.html).toMatch(/no longer be able to:<\/p>\s*<ul[^>]*>\s*<li>[^<]*calendar/i);
    // Nothing is taken before the yes.
    expect(await scopesOf(before.access_token)).toContain('calendar:read');
    const back = await browser.submit(page, { button: 'Authorize' }, { stopAt: attempt.app.redirectUri });
    const { body: after } = await exchange(world, attempt, back.url.searchParams.get('code'));
    expect(after.grant_id).toBe(before['grant_id']);
    for (const token of [before.access_token, after.access_token]) expect(await scopesOf(token)).toEqual(SCOPE.split(' ').toSorted());
    const renewed = await refresh(world, world.apps.scheduler, before.refresh_token);
    expect([renewed.status, renewed.body.scope.split(' ').includes('calendar:read')]).toEqual([200, false]);
  });

  test('create: the page says that the access so far ends; with the yes it does, and another grant stands', async () => {
    const before = await connected();
    const attempt = begin(world, { parameters: { scope: SCOPE, grant_management_action: 'create', tenant: world.tenants.northwind } });
    const browser = createHttpBrowser();
    const page = await arrive(browser, attempt, world.people.dan);
    expect(page.html).toContain('the access that <bdi>Scheduler Pro</bdi> has so far ends');
    const back = await browser.submit(page, { button: 'Authorize' }, { stopAt: attempt.app.redirectUri });
    const { body: after } = await exchange(world, attempt, back.url.searchParams.get('code'));
    expect(after.grant_id).not.toBe(before['grant_id']);
    expect(await scopesOf(after.access_token)).toEqual(SCOPE.split(' ').toSorted());
    expect((await introspect(world, before.access_token)).body).toEqual({ active: false });
    expect((await refresh(world, world.apps.scheduler, before.refresh_token)).body.error).toBe('invalid_grant');
    expect((await ask('GET', before['grant_id'])).status).toBe(404);
    expect((await ask('GET', after.grant_id)).status).toBe(200);
  });

  test('xC7 replace of a grant that was revoked while the page was open gives nothing', async () => {
    const before = await connected();
    const attempt = begin(world, { parameters: { scope: SCOPE, grant_management_action: 'replace', grant_id: before['grant_id'] } });
    const browser = createHttpBrowser();
    const page = await arrive(browser, attempt, world.people.dan);
    expect((await ask('DELETE', before['grant_id'])).status).toBe(204);
    const after = await browser.submit(page, { button: 'Authorize' }, { stopAt: attempt.app.redirectUri });
    expect(after.url.searchParams.get('code')).toBeNull();
    expect((await ask('GET', before['grant_id'])).status).toBe(404);
  });
});

test('nothing broke, and the log holds no secret', () => {
  expect(aftermath(world)).toEqual([]);
});
