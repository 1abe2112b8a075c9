import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { connect, post } from '#test/support/oauth-flow.ts';
import { createHttpBrowser } from '#test/support/http-browser.ts';
import { registerApp, publishVersion, type TestApp } from '#test/support/register-app.ts';
import { startWorld, type World } from '#test/support/world.ts';

/** An app that looks after itself in a tenant, with nothing but its own token, over the real server. */
let world: World;
let app: TestApp;
beforeAll(async () => {
  world = await startWorld();
  app = await registerApp(
    world.manage,
    { name: 'Minutes', authMethod: 'client_secret_basic', listed: true },
    {
      redirectUris: ['https://minutes.example/callback'],
      permissions: { user: { required: ['meetings:read'], optional: ['calendar:read', 'messages:read'] }, tenant: { required: [], optional: ['notices:send', 'directory:read'] } },
    },
  );
});
afterAll(() => world.stop());

async function asItself(method: string, path: string, body?: unknown): Promise<{ status: number; body: any }> {
  const { body: answer } = await post(world, '/oauth/token', app, { grant_type: 'client_credentials' });
  expect(answer.access_token).toMatch(/^assent_at_/);
  const response = await fetch(`${world.issuer}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${answer.access_token}`, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
}

const state = async (identity: string, permission: string, query = ''): Promise<string> => {
  const { body } = await asItself('GET', `/app/tenants/${world.tenants.northwind}${query}`);
  return body.permissions.find((each: { identity: string; permission: string }) => each.identity === identity && each.permission === permission)?.state;
};

describe('an app with its own token', () => {
  it('xT1 knows no tenant in which it has nothing', async () => {
    const [foreign, unknown] = [await asItself('GET', `/app/tenants/${world.tenants.contoso}`), await asItself('GET', '/app/tenants/ten_unknown')];
    expect(foreign.status).toBe(404);
    expect(foreign).toEqual(unknown);
    expect((await asItself('GET', '/tenants')).status).toBe(401);
  });

  it('L13 reads how it stands, asks for what it lacks, and gives up what it does not need', async () => {
    const { northwind } = world.tenants;
    const { ben } = world.people;
    await connect(world, ben, { app, parameters: { scope: 'openid meetings:read calendar:read' }, tick: ['permission=calendar:read'] });
    expect(await state('user', 'calendar:read', `?user=${ben.id}`)).toBe('granted');
    expect(await state('user', 'calendar:read')).toBe('approved');
    expect(await state('tenant', 'directory:read')).toBe('approval_required');

    const requests = `/app/tenants/${northwind}/requests`;
    expect((await asItself('POST', requests, { permissions: { user: ['meetings:read'] } })).body).toEqual({ answer: 'nothing_to_ask', blocked: [] });
    expect((await asItself('POST', requests, { permissions: { tenant: ['files:read'] } })).body.answer).toBe('blocked');
    expect((await asItself('POST', requests, { permissions: { tenant: ['directory:read'] }, reason: 'To greet people by name' })).body.answer).toBe('requested');
    expect((await asItself('POST', requests, { permissions: { tenant: ['directory:read'] } })).body.answer).toBe('already_asked');
    expect(await state('tenant', 'directory:read')).toBe('in_review');

    const gaveUp = await asItself('DELETE', `/app/tenants/${northwind}/permissions?identity=user&permissions=calendar%3Aread&user=${ben.id}`);
    expect(gaveUp.status).toBe(204);
    expect(await state('user', 'calendar:read', `?user=${ben.id}`)).toBe('approved');
    expect((await asItself('DELETE', `/app/tenants/${northwind}/permissions?identity=user&permissions=meetings%3Aread&user=${ben.id}`)).status).toBe(400);
  });

  it('L15 S14 is installed, narrowed and stopped by others, and sees it at once', async () => {
    const { northwind } = world.tenants;
    const ada = createHttpBrowser();
    const { ada: person } = world.people;
    const install = `${world.issuer}/apps/${app.id}/install?tenant=${northwind}`;
    const page = await ada.submit(await ada.open(install), { button: 'Sign in', fill: { email: person.email, password: person.password } });
    await ada.submit(page, { button: 'Install', tick: ['permission=notices:send'] });
    const own = async () => (await asItself('GET', `/app/tenants/${northwind}`)).body.installation;
    expect(await own()).toMatchObject({ id: expect.stringMatching(/^ins_/), status: 'active', dataRange: { kind: 'all' } });
    const token = () => post(world, '/oauth/token', app, { grant_type: 'client_credentials', tenant: northwind });
    expect((await token()).body).toMatchObject({ scope: 'notices:send' });

    const draft = await world.manage.post(`/apps/${app.id}/versions`, { redirectUris: [app.redirectUri], permissions: { user: { required: ['meetings:read'] }, tenant: { required: ['rooms:read'] } } });
    expect(await world.manage.post(`/apps/${app.id}/versions/${draft.id}/submit`)).toMatchObject({ status: 'submitted' });
    expect((await token()).body).toMatchObject({ scope: 'notices:send' });
    await publishVersion(world.manage, app.id, { redirectUris: [app.redirectUri], permissions: { user: { required: ['meetings:read'] }, tenant: { required: ['notices:send'] } } });

    const path = `/tenants/${northwind}/installations/${app.id}`;
    await world.manage.put(`${path}/status`, { status: 'suspended' });
    expect(await own()).toMatchObject({ status: 'suspended' });
    expect((await token()).status).toBe(400);
    await world.manage.put(`${path}/status`, { status: 'active' });
    expect((await token()).status).toBe(200);
    expect((await world.manage.get(`/apps/${app.id}/installations`)).items).toMatchObject([{ tenant: northwind }]);
    await world.manage.remove(path);
    expect(await own()).toBeNull();
    expect((await token()).status).toBe(400);
  });
});
