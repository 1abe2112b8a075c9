import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import { createHttpBrowser } from '#test/support/http-browser.ts';
import { arrive, authorize, begin, connect, exchange, introspect, post, refresh, SCOPE } from '#test/support/oauth-flow.ts';
import { publishVersion } from '#test/support/register-app.ts';
import { startStage, type Stage } from '#test/support/stage.ts';
import { approve, EVERYBODYS, forgetApp, install, shut, tenantToken, YES } from '#test/support/tenant-tokens.ts';
import type { World } from '#test/support/world.ts';

let stage: Stage;
let world: World;
let sales: string;

beforeAll(async () => {
  stage = await startStage();
  ({ world } = stage);
  sales = (await world.manage.post(`/tenants/${world.tenants.northwind}/groups`, { name: 'Sales' })).id;
});
beforeEach(async () => {
  await forgetApp(world);
  await forgetApp(world, world.apps.scheduler, world.tenants.contoso);
  for (const member of [world.people.ben, world.people.dan]) await world.manage.ask('DELETE', `${salesMembers()}/${member.id}`);
});
afterAll(() => stage.stop());

const salesMembers = () => `/tenants/${world.tenants.northwind}/groups/${sales}/members`;
const installation = () => `/tenants/${world.tenants.northwind}/installations/${world.apps.scheduler.id}`;
const platform = async (path: string, token: string, method = 'GET') => {
  const response = await fetch(stage.platform + path, { method, headers: { authorization: `Bearer ${token}` } });
  return { status: response.status, body: (await response.json()) as any };
};
const meetingsOf = (user: { id: string }, token: string) => platform(`/users/${user.id}/meetings`, token);
const BEYOND = { status: 403, body: { code: 'out_of_data_range', message: 'This lies outside the data that the app may reach in this tenant.' } };
const set = async (path: string, body: object) => {
  const { headers } = await world.manage.ask('GET', installation());
  const answer = await world.manage.ask('PUT', `${installation()}/${path}`, body, { 'if-match': headers.get('etag') ?? '' });
  expect(answer.status).toBe(200);
};

describe('a code of an admin’s consent', () => {
  test('L2 gives a tenant token in the standard fields: for the installation, without a person, a refresh token or an ID token', async () => {
    const { status, body } = await install(world, world.people.ada);
    expect({ status, body }).toEqual({
      status: 200,
      body: { access_token: expect.any(String), token_type: 'Bearer', expires_in: 3600, scope: EVERYBODYS },
    });
    const said = (await introspect(world, body.access_token)).body;
    const { id } = await world.manage.get(installation());
    expect(said).toMatchObject({ active: true, identity: 'tenant', sub: id, tenant: world.tenants.northwind, client_id: world.apps.scheduler.id, scope: EVERYBODYS, data_range: { kind: 'all' } });
    expect(JSON.stringify(said)).not.toContain(world.people.ada.id);
  });

  test('L2 identity=user tenant gives both tokens in one exchange, and each is of its own kind', async () => {
    const attempt = begin(world, { parameters: { identity: 'user tenant', tenant: world.tenants.northwind, scope: `${SCOPE} ${EVERYBODYS}` } });
    const answer = await authorize(attempt, world.people.ada, { button: YES });
    const { body } = await exchange(world, attempt, answer.get('code'));
    expect(body).toMatchObject({ refresh_token: expect.any(String), id_token: expect.any(String), tenant_expires_in: 3600, tenant_scope: EVERYBODYS });
    expect(body.scope.split(' ').toSorted()).toEqual(SCOPE.split(' ').toSorted());
    expect((await introspect(world, body.access_token)).body).toMatchObject({ identity: 'user', sub: world.people.ada.id });
    expect((await introspect(world, body.tenant_access_token)).body).toMatchObject({ identity: 'tenant', scope: EVERYBODYS });
    const later = await refresh(world, world.apps.scheduler, body.refresh_token);
    expect(later.body.tenant_access_token).toBeUndefined();
    expect((await introspect(world, later.body.access_token)).body.identity).toBe('user');
  });

  test('L1 a permission of one identity is none of the other: neither can be asked for in the other’s name', async () => {
    for (const [identity, scope] of [['tenant', 'meetings:read'], ['user', `openid ${EVERYBODYS}`], ['tenant', `openid ${EVERYBODYS} calendar:read`]] as const) {
      const page = await arrive(createHttpBrowser(), begin(world, { parameters: { identity, scope, nonce: undefined, tenant: world.tenants.northwind } }), world.people.ada);
      expect([page.url.searchParams.get('error'), page.url.searchParams.get('code')]).toEqual(['invalid_scope', null]);
    }
    await connect(world, world.people.ada);
    await install(world, world.people.ada);
    const { tokens } = await connect(world, world.people.ada);
    const own = await tenantToken(world);
    expect((await introspect(world, tokens.access_token)).body.scope).not.toContain(EVERYBODYS);
    expect(own.body.scope).toBe(EVERYBODYS);
  });
});

describe('client_credentials for a tenant', () => {
  test('L2 gives what is installed, or less when less is asked for, and only while it is active', async () => {
    await install(world, world.people.ada, { scope: `${EVERYBODYS} rooms:read`, permissions: ['rooms:read'] });
    const all = await tenantToken(world);
    expect((await introspect(world, all.body.access_token)).body).toMatchObject({ identity: 'tenant', tenant: world.tenants.northwind, sub: (await world.manage.get(installation())).id });
    expect(all.body).toEqual({ access_token: expect.any(String), token_type: 'Bearer', expires_in: 3600, scope: `${EVERYBODYS} rooms:read` });
    const less = await tenantToken(world, { scope: 'rooms:read' });
    expect((await introspect(world, less.body.access_token)).body.scope).toBe('rooms:read');
    expect((await platform('/meetings', less.body.access_token)).body.code).toBe('insufficient_scope');

    await set('status', { status: 'suspended' });
    const suspended = await tenantToken(world);
    expect([suspended.status, suspended.body.error]).toEqual([400, 'unauthorized_client']);
    expect(suspended.body.error_description).toMatch(/^installation_suspended: /);
    for (const { body } of [all, less]) expect((await introspect(world, body.access_token)).body).toEqual({ active: false });
    await set('status', { status: 'active' });
    expect((await tenantToken(world)).status).toBe(200);
  });

  test('L3 one set of credentials gets a token for each tenant; that of one is worth nothing in another', async () => {
    await install(world, world.people.ada);
    await install(world, world.people.erin, { tenant: world.tenants.contoso });
    const [here, there] = [await tenantToken(world), await tenantToken(world, { tenant: world.tenants.contoso })];
    const titles = async (token: string) => (await platform('/meetings', token)).body.people.flatMap(({ meetings }: any) => meetings.map(({ title }: any) => title));
    expect(await titles(here.body.access_token)).toContain('Board preparation');
    expect(await titles(there.body.access_token)).toEqual(['Contoso advisory board']);
    // Ben is a member of both: each token shows him as that tenant knows him. Erin is not of Northwind, Ada not of Contoso.
    expect((await meetingsOf(world.people.ben, there.body.access_token)).body.meetings.map(({ title }: any) => title)).toEqual(['Contoso advisory board']);
    expect(await meetingsOf(world.people.ada, there.body.access_token)).toEqual(BEYOND);
    expect(await meetingsOf(world.people.erin, here.body.access_token)).toEqual(BEYOND);
    expect((await introspect(world, here.body.access_token)).body.sub).not.toBe((await introspect(world, there.body.access_token)).body.sub);
  });

  test('L2 where nothing is installed it is refused, the same as for a tenant that is not there', async () => {
    const [none, unknown] = [await tenantToken(world, { tenant: world.tenants.contoso }), await tenantToken(world, { tenant: 'ten_nobody' })];
    expect(none).toMatchObject({ status: 400, body: { error: 'unauthorized_client', error_description: expect.stringMatching(/^not_installed: /) } });
    expect(unknown.body).toEqual(none.body);
  });

  test('L7 a permission that is missing is named, with who can grant it and a link', async () => {
    await install(world, world.people.ada);
    const { status, body } = await tenantToken(world, { scope: 'directory:read' });
    expect({ status, body }).toEqual({
      status: 400,
      body: {
        error: 'invalid_scope',
        error_description: expect.stringMatching(/^insufficient_scope: .*directory:read/),
        scope: 'directory:read',
        missing: { permission: 'directory:read', identity: 'tenant', state: 'approval_required', who: 'reviewers', whoInWords: expect.any(String), link: expect.stringContaining(`${world.issuer}/apps/${world.apps.scheduler.id}/allow?`) },
      },
    });
  });
});

describe('the data range', () => {
  test('L6 a tenant token stops at it; the same answer for a colleague, a stranger and nobody', async () => {
    await install(world, world.people.ada, { dataRange: { members: [world.people.ben.id] } });
    const { body } = await tenantToken(world);
    expect((await meetingsOf(world.people.ben, body.access_token)).status).toBe(200);
    for (const user of [world.people.ada, world.people.dan, world.people.erin, { id: 'usr_nobody' }]) expect(await meetingsOf(user, body.access_token)).toEqual(BEYOND);
    expect((await platform('/meetings', body.access_token)).body.people.map(({ user }: any) => user)).toEqual([world.people.ben.id]);
    expect((await platform('/me/meetings', body.access_token)).body.code).toBe('user_token_required');
  });

  test('L6 an admin’s change of it, and of who is in a group, counts in the next call of the same token', async () => {
    await install(world, world.people.ada, { dataRange: { groups: [sales] } });
    const token = (await tenantToken(world)).body.access_token;
    const [ben, dan] = [world.people.ben, world.people.dan];
    const reaches = async () => [(await meetingsOf(ben, token)).status, (await meetingsOf(dan, token)).status];
    expect(await reaches()).toEqual([403, 403]);
    await world.manage.put(`${salesMembers()}/${ben.id}`, undefined);
    expect(await reaches()).toEqual([200, 403]);
    await set('data-range', { dataRange: { kind: 'some', groups: [], members: [dan.id] } });
    expect(await reaches()).toEqual([403, 200]);
    await set('data-range', { dataRange: { kind: 'all' } });
    expect(await reaches()).toEqual([200, 200]);
  });

  test('L6 who is no active member any more is within no range', async () => {
    await install(world, world.people.ada);
    const token = (await tenantToken(world)).body.access_token;
    const member = `/tenants/${world.tenants.northwind}/members/${world.people.dan.id}`;
    expect((await meetingsOf(world.people.dan, token)).status).toBe(200);
    await world.manage.change(member, { status: 'inactive' });
    expect(await meetingsOf(world.people.dan, token)).toEqual(BEYOND);
    await world.manage.change(member, { status: 'active' });
    expect((await meetingsOf(world.people.dan, token)).status).toBe(200);
  });

  test('xS3 what members share with each other opens nothing to a tenant token', async () => {
    await install(world, world.people.ada, { dataRange: { members: [world.people.ben.id] } });
    await connect(world, world.people.ben, { tick: ['shared_access'] });
    const { body } = await tenantToken(world);
    expect((await introspect(world, body.access_token)).body.shared_access_from).toBeUndefined();
    expect(await meetingsOf(world.people.ada, body.access_token)).toEqual(BEYOND);
    expect((await platform('/me/shared', body.access_token)).body.code).toBe('user_token_required');
  });
});

describe('who and what must be there', () => {
  test('L4 a member outside the availability is told so, and no code is issued', async () => {
    await approve(world, { permissions: {}, availability: { kind: 'some', members: [world.people.ben.id] } });
    const browser = createHttpBrowser();
    const attempt = begin(world, { parameters: { tenant: world.tenants.northwind } });
    const page = await arrive(browser, attempt, world.people.dan);
    expect(page.html).toContain('is not available to you');
    const back = await browser.submit(page, { button: 'Return to the app' }, { stopAt: attempt.app.redirectUri });
    expect([back.url.searchParams.get('error'), back.url.searchParams.get('code')]).toEqual(['access_denied', null]);
    expect(back.url.searchParams.get('error_description')).toMatch(/^out_of_availability: /);
    expect((await connect(world, world.people.ben)).tokens.scope).toContain('meetings:read');
  });

  test('L4 Z10 a token dies with its member’s place in the availability', async () => {
    await world.manage.put(`${salesMembers()}/${world.people.dan.id}`, undefined);
    await approve(world, { permissions: {}, availability: { kind: 'some', groups: [sales] } });
    const { tokens } = await connect(world, world.people.dan);
    expect((await introspect(world, tokens.access_token)).body.active).toBe(true);
    await world.manage.remove(`${salesMembers()}/${world.people.dan.id}`);
    expect((await introspect(world, tokens.access_token)).body).toEqual({ active: false });
    expect((await refresh(world, world.apps.scheduler, tokens.refresh_token)).body.error).toBe('invalid_grant');
  });

  test('L8 what the rules do not let through is not given: sensitive and restricted permissions wait, basic ones act', async () => {
    const { tokens } = await connect(world, world.people.dan, { parameters: { scope: `${SCOPE} calendar:read contacts:read` }, tick: ['permission=calendar:read'] });
    expect(tokens.scope.split(' ')).toEqual(expect.arrayContaining(['meetings:read', 'calendar:read']));
    expect(tokens.scope).not.toContain('contacts:read');
  });

  test('a member who does not manage apps cannot install', async () => {
    const browser = createHttpBrowser();
    const attempt = begin(world, { parameters: { identity: 'tenant', tenant: world.tenants.northwind, scope: EVERYBODYS, nonce: undefined } });
    const page = await arrive(browser, attempt, world.people.dan);
    expect(page.forms.flatMap(({ buttons }) => buttons.map(({ text }) => text)).filter((text) => /Install|Authorize/.test(text))).toEqual([]);
    const back = await browser.submit(page, { button: 'Return to the app' }, { stopAt: attempt.app.redirectUri });
    expect(back.url.searchParams.get('error')).toBe('access_denied');
  });

  test('Z10 an approval that is withdrawn ends user tokens and tenant tokens; given again, the app works on with what it had', async () => {
    await install(world, world.people.ada);
    const { tokens } = await connect(world, world.people.dan);
    const own = (await tenantToken(world)).body.access_token;
    await shut(world, 'withdrawn');
    for (const token of [tokens.access_token, own]) expect((await introspect(world, token)).body).toEqual({ active: false });
    expect((await tenantToken(world)).body.error_description).toMatch(/^approval_required: /);
    await shut(world, 'blocked');
    expect((await tenantToken(world)).body.error_description).toMatch(/^approval_blocked: /);
    await shut(world, 'withdrawn');
    await approve(world, { permissions: { tenant: [EVERYBODYS] } });
    expect((await tenantToken(world)).status).toBe(200);
  });
});

describe('a new version', () => {
  const version = (user: object, tenant: object) => ({ redirectUris: [world.apps.scheduler.redirectUri], permissions: { user, tenant }, sharedAccess: true });
  const AS_IT_WAS = [{ required: ['meetings:read'], optional: ['meetings:write', 'calendar:read', 'contacts:read'] }, { required: [EVERYBODYS], optional: ['rooms:read', 'directory:read'] }] as const;

  test('xA3 L15 what it adds is in no token before it was approved and consented to; what is in use keeps working', async () => {
    await install(world, world.people.ada);
    const own = (await tenantToken(world)).body.access_token;
    const { tokens } = await connect(world, world.people.dan);
    await publishVersion(world.manage, world.apps.scheduler.id, version(AS_IT_WAS[0], { required: [EVERYBODYS, 'recordings:read'], optional: ['rooms:read', 'directory:read'] }));
    try {
      expect((await introspect(world, own)).body.scope).toBe(EVERYBODYS);
      expect((await introspect(world, tokens.access_token)).body.active).toBe(true);
      const later = await tenantToken(world);
      expect([later.status, later.body.scope]).toEqual([200, EVERYBODYS]);
      const more = await tenantToken(world, { scope: 'recordings:read' });
      expect([more.body.error, more.body.missing]).toMatchObject(['invalid_scope', { state: 'approval_required', who: 'owners' }]);
    } finally {
      await publishVersion(world.manage, world.apps.scheduler.id, version(...AS_IT_WAS));
    }
  });

  test('L15 what it does not declare any more is gone from every token', async () => {
    await install(world, world.people.ada, { scope: `${EVERYBODYS} rooms:read`, permissions: ['rooms:read'] });
    const own = (await tenantToken(world)).body.access_token;
    await publishVersion(world.manage, world.apps.scheduler.id, version(AS_IT_WAS[0], { required: [EVERYBODYS], optional: [] }));
    try {
      const deadline = Date.now() + 1000;
      while ((await introspect(world, own)).body.scope !== EVERYBODYS && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
      expect((await introspect(world, own)).body.scope).toBe(EVERYBODYS);
    } finally {
      await publishVersion(world.manage, world.apps.scheduler.id, version(...AS_IT_WAS));
    }
  });
});

test('an app token, for no tenant, opens no data and tells the app how it stands', async () => {
  const app = world.apps.scheduler;
  const own = (await post(world, '/oauth/token', app, { grant_type: 'client_credentials' })).body.access_token;
  expect((await platform('/meetings', own)).status).toBe(401);
  const stands = async (tenant: string) => {
    const response = await fetch(`${world.issuer}/api/v1/app/tenants/${tenant}`, { headers: { authorization: `Bearer ${own}` } });
    return { status: response.status, body: (await response.json()) as any };
  };
  await install(world, world.people.ada);
  const { body } = await stands(world.tenants.northwind);
  expect(body).toMatchObject({ installation: { status: 'active', dataRange: { kind: 'all' } }, approval: 'approved' });
  expect(body.permissions).toContainEqual({ permission: EVERYBODYS, identity: 'tenant', required: true, state: 'granted' });
  expect((await stands('ten_nobody')).status).toBe(404);
});
