import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import { createHttpBrowser } from '#test/support/http-browser.ts';
import { arrive, authorize, begin, connect, exchange, introspect, post, refresh, revoke, SCOPE } from '#test/support/oauth-flow.ts';
import { startWorld, type World } from '#test/support/world.ts';

import { forgetGrants } from './steps.ts';

let world: World;
let ahead = 0;

beforeAll(async () => {
  world = await startWorld({ clock: () => Date.now() + ahead });
});
beforeEach(async () => {
  ahead = 0;
  await forgetGrants({ world });
});
afterAll(() => world.stop());

const scopes = (text: string) => text.split(' ').toSorted();
const grantsOf = async (tenant: string, user: string) => (await world.manage.get(`/tenants/${tenant}/grants?user=${user}`)).items;

describe('the token response', () => {
  test('Z7 L4 has exactly what RFC 6749 names, and a refresh token when offline_access was asked for', async () => {
    const { tokens } = await connect(world, world.people.dan);
    expect(tokens).toMatchObject({ token_type: 'Bearer', expires_in: 3600, access_token: expect.any(String), refresh_token: expect.any(String) });
    expect(scopes(tokens.scope)).toEqual(scopes(SCOPE));
  });

  test('L4 has no refresh token without offline_access', async () => {
    const { tokens } = await connect(world, world.people.dan, { parameters: { scope: 'openid meetings:read' } });
    expect(tokens.refresh_token).toBeUndefined();
    expect(scopes(tokens.scope)).toEqual(['meetings:read', 'openid']);
  });

  test('is not to be cached', async () => {
    const attempt = begin(world);
    const answer = await authorize(attempt, world.people.dan);
    const { headers } = await exchange(world, attempt, answer.get('code'));
    expect(headers.get('cache-control')).toContain('no-store');
  });
});

describe('a code', () => {
  test('Z7 works once; the second time it is refused and what it gave is dead', async () => {
    const attempt = begin(world);
    const code = (await authorize(attempt, world.people.dan)).get('code');
    const first = await exchange(world, attempt, code);
    expect(first.status).toBe(200);
    const second = await exchange(world, attempt, code);
    expect([second.status, second.body.error]).toEqual([400, 'invalid_grant']);
    expect((await introspect(world, first.body.access_token)).body).toEqual({ active: false });
  });

  test('Z7 lives 60 seconds by default', async () => {
    const redeemAfter = async (seconds: number) => {
      ahead = 0;
      const attempt = begin(world);
      const code = (await authorize(attempt, world.people.dan)).get('code');
      ahead = seconds * 1000;
      return (await exchange(world, attempt, code)).status;
    };
    expect(await redeemAfter(55)).toBe(200);
    expect(await redeemAfter(61)).toBe(400);
  });
});

describe('a refresh token', () => {
  test('Z7 rotates; the one before works no more once the short grace is over, and its use ends the family', async () => {
    const { tokens } = await connect(world, world.people.dan);
    const next = await refresh(world, world.apps.scheduler, tokens.refresh_token);
    expect(next.status).toBe(200);
    expect(next.body.refresh_token).not.toBe(tokens.refresh_token);
    ahead = 30_000;
    const reused = await refresh(world, world.apps.scheduler, tokens.refresh_token);
    expect([reused.status, reused.body.error]).toEqual([400, 'invalid_grant']);
    expect((await refresh(world, world.apps.scheduler, next.body.refresh_token)).status).toBe(400);
    expect((await introspect(world, next.body.access_token)).body).toEqual({ active: false });
  });
});

describe('revocation (RFC 7009) and introspection (RFC 7662)', () => {
  test('Z7 a revoked refresh token takes the access token with it at once', async () => {
    const { tokens } = await connect(world, world.people.dan);
    expect((await introspect(world, tokens.access_token)).body.active).toBe(true);
    const { status, body } = await revoke(world, world.apps.scheduler, tokens.refresh_token);
    expect([status, body]).toEqual([200, {}]);
    expect((await introspect(world, tokens.access_token)).body).toEqual({ active: false });
    expect((await refresh(world, world.apps.scheduler, tokens.refresh_token)).status).toBe(400);
  });

  test('Z7 a revoked access token is dead', async () => {
    const { tokens } = await connect(world, world.people.dan);
    await revoke(world, world.apps.scheduler, tokens.access_token);
    expect((await introspect(world, tokens.access_token)).body).toEqual({ active: false });
  });

  test('Z7 introspection says for whom, in which tenant and as what the token acts', async () => {
    const { tokens } = await connect(world, world.people.dan);
    const { body } = await introspect(world, tokens.access_token);
    expect(body).toMatchObject({
      active: true,
      sub: world.people.dan.id,
      tenant: world.tenants.northwind,
      identity: 'user',
      client_id: world.apps.scheduler.id,
      token_type: 'Bearer',
      iss: world.issuer,
    });
    expect(body.shared_access_from).toBeUndefined();
  });

  test('Z7 nothing is said without credentials', async () => {
    const { tokens } = await connect(world, world.people.dan);
    const { status, body } = await post(world, '/oauth/introspect', { id: world.resourceServers.meetings.id, secret: 'wrong' }, { token: tokens.access_token });
    expect([status, body.error]).toEqual([401, 'invalid_client']);
  });
});

describe('grants', () => {
  test('L5 there is one for each member, app and tenant, and it grows with each authorization', async () => {
    const { browser } = await connect(world, world.people.ben);
    const attempt = begin(world, { parameters: { tenant: world.tenants.northwind, scope: `${SCOPE} calendar:read` } });
    await authorize(attempt, world.people.ben, { browser, tick: ['permission=calendar:read'] });
    await connect(world, world.people.ben, { browser, parameters: { tenant: world.tenants.contoso } });

    const [northwind, contoso] = await Promise.all(Object.values(world.tenants).map((tenant) => grantsOf(tenant, world.people.ben.id)));
    expect(northwind).toHaveLength(1);
    expect(northwind[0].permissions).toEqual(expect.arrayContaining(['meetings:read', 'calendar:read']));
    expect(contoso).toHaveLength(1);
    expect(contoso[0].permissions).not.toContain('calendar:read');
  });

  test('Z12 an optional permission that is left unticked is not given, and the app gets on without it', async () => {
    const { tokens } = await connect(world, world.people.dan, { parameters: { scope: `${SCOPE} meetings:write calendar:read` }, tick: ['permission=calendar:read'] });
    expect(scopes(tokens.scope)).toEqual(scopes(`${SCOPE} calendar:read`));
    expect((await introspect(world, tokens.access_token)).body.scope.split(' ')).not.toContain('meetings:write');
  });

  test('Z12 include_granted_scopes=true gives what was granted before, too; without it the token has what was asked for', async () => {
    const { browser } = await connect(world, world.people.dan, { parameters: { scope: `${SCOPE} calendar:read` }, tick: ['permission=calendar:read'] });
    const more = { browser, tick: ['permission=meetings:write'] };
    const all = await connect(world, world.people.dan, { ...more, parameters: { scope: 'openid meetings:write', include_granted_scopes: 'true' } });
    expect(scopes(all.tokens.scope)).toEqual(expect.arrayContaining(['calendar:read', 'meetings:write', 'meetings:read']));
    const only = await connect(world, world.people.dan, { browser, parameters: { scope: 'openid meetings:write' } });
    expect(scopes(only.tokens.scope)).toEqual(['meetings:write', 'openid']);
  });

  test('Z12 a permission that the app version does not declare is refused by name, at the app', async () => {
    const attempt = begin(world, { parameters: { scope: 'openid files:read' } });
    const page = await arrive(createHttpBrowser(), attempt, world.people.dan);
    expect(page.url.href.startsWith(attempt.app.redirectUri)).toBe(true);
    expect(page.url.searchParams.get('error')).toBe('invalid_scope');
    expect(page.url.searchParams.get('error_description')).toContain('files:read');
    expect(page.url.searchParams.get('state')).toBe(attempt.state);
  });
});
