import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { startApi, type ApiWorld } from '#test/support/api.ts';

let api: ApiWorld;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

const SCHEDULER = { name: 'Scheduler Pro', developer: { name: 'Scheduler Inc.' }, authMethod: 'client_secret_basic' };
const register = async (more: object = {}) => (await api.ask('POST', '/apps', { body: { ...SCHEDULER, ...more } })).body;

describe('apps', () => {
  it('are registered with a secret that is shown once', async () => {
    const registered = await api.ask('POST', '/apps', { body: SCHEDULER });
    expect(registered).toMatchObject({
      status: 201,
      body: {
        id: expect.stringMatching(/^app_/),
        secret: expect.stringMatching(/^assent_cs_/),
        name: 'Scheduler Pro',
        developer: { name: 'Scheduler Inc.', uri: null, verified: false },
        status: 'active',
        pkce: 'required',
        liveVersion: null,
        secrets: [{ id: expect.any(String), createdAt: expect.any(String) }],
      },
    });
    const { secret, ...app } = registered.body;
    const read = await api.ask('GET', `/apps/${app.id}`);
    expect(read.body).toEqual(app);
    expect(read.text).not.toContain(secret);
    expect((await api.ask('GET', '/apps')).body.items).toContainEqual(app);
  });

  it('have no secret when they are public', async () => {
    expect(await register({ authMethod: 'none' })).toMatchObject({ secret: null, secrets: [] });
  });

  it('are described anew, disabled and enabled', async () => {
    const { id } = await register();
    const path = `/apps/${id}`;
    const { etag } = await api.ask('GET', path);
    const described = await api.ask('PATCH', path, {
      body: { tagline: 'Plans meetings', homepageUri: 'https://scheduler.example/' },
      headers: { 'if-match': etag },
    });
    expect(described).toMatchObject({ status: 200, body: { name: 'Scheduler Pro', tagline: 'Plans meetings', homepageUri: 'https://scheduler.example/' } });
    expect((await api.ask('PATCH', path, { body: { tagline: 'Lost' }, headers: { 'if-match': etag } })).status).toBe(412);
    const script = await api.ask('PATCH', path, { body: { logoUri: 'javascript:alert(1)' }, headers: { 'if-match': '*' } });
    expect(script).toMatchObject({ status: 400, body: { fields: [{ pointer: '/logoUri' }] } });
    for (const status of ['disabled', 'active']) {
      expect(await api.ask('PUT', `${path}/status`, { body: { status } })).toMatchObject({ status: 200, body: { status } });
    }
  });

  it('replace a secret: the second works beside the first, the first is removed', async () => {
    const { id, secrets, secret: first } = await register();
    const added = await api.ask('POST', `/apps/${id}/secrets`);
    expect(added).toMatchObject({ status: 200, body: { secrets: [secrets[0], { id: expect.any(String) }], secret: expect.stringMatching(/^assent_cs_/) } });
    expect(added.body.secret).not.toBe(first);
    expect(await api.ask('POST', `/apps/${id}/secrets`)).toMatchObject({ status: 409 });
    const removed = await api.ask('DELETE', `/apps/${id}/secrets/${secrets[0].id}`);
    expect(removed).toMatchObject({ status: 200, body: { secrets: [added.body.secrets[1]] } });
    expect((await api.ask('DELETE', `/apps/${id}/secrets/${secrets[0].id}`)).status).toBe(404);
    expect(await api.ask('DELETE', `/apps/${id}/secrets/${added.body.secrets[1].id}`)).toMatchObject({ status: 409 });
  });
});

describe('versions', () => {
  it('are drafted, changed, published and retired', async () => {
    const { id: app } = await register();
    const list = `/apps/${app}/versions`;
    const body = {
      redirectUris: ['https://scheduler.example/callback'],
      permissions: { user: { required: ['meetings:read'], optional: ['calendar:read'] }, tenant: { required: ['directory:read'] } },
    };
    const first = await api.ask('POST', list, { body });
    expect(first).toMatchObject({ status: 201, body: { app, number: 1, status: 'draft', sharedAccess: false, ...body, permissions: { tenant: { optional: [] } } } });
    const path = `${list}/${first.body.id}`;
    expect((await api.ask('GET', path)).body).toEqual(first.body);

    const changed = await api.ask('PATCH', path, { body: { sharedAccess: true }, headers: { 'if-match': first.etag } });
    expect(changed).toMatchObject({ status: 200, body: { sharedAccess: true, redirectUris: body.redirectUris } });
    expect(await api.ask('POST', `${path}/publish`)).toMatchObject({ status: 200, body: { status: 'live' } });
    expect((await api.ask('GET', `/apps/${app}`)).body.liveVersion).toBe(first.body.id);
    expect(await api.ask('PATCH', path, { body: { sharedAccess: false }, headers: { 'if-match': '*' } })).toMatchObject({ status: 409 });

    const second = await api.ask('POST', list, { body });
    expect(second.body.number).toBe(2);
    await api.ask('POST', `${list}/${second.body.id}/publish`);
    expect((await api.ask('GET', list)).body.items).toMatchObject([
      { number: 2, status: 'live' },
      { number: 1, status: 'retired' },
    ]);
    expect(await api.ask('POST', `${path}/publish`)).toMatchObject({ status: 409 });
  });

  it('cannot ask for what is not in the catalogue, nor return to where a redirect must not go', async () => {
    const { id: app } = await register();
    const wrong = await api.ask('POST', `/apps/${app}/versions`, {
      body: { redirectUris: ['http://evil.example/#x'], permissions: { user: { required: ['no:such', 'directory:read'] } } },
    });
    expect(wrong).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    expect(wrong.body.fields.map(({ pointer }: { pointer: string }) => pointer)).toEqual([
      '/redirectUris',
      '/permissions/user/required',
      '/permissions/user/required',
    ]);
  });
});

describe('the catalogue', () => {
  it('is read as it is configured', async () => {
    const { status, body } = await api.ask('GET', '/catalogue');
    expect(status).toBe(200);
    expect(body).toEqual({ permissions: api.deps.catalogue.permissions });
  });
});

describe('resource servers', () => {
  it('are registered, changed, given another secret and removed', async () => {
    const body = { name: 'Meetings', audience: 'https://api.platform.example/meetings' };
    const registered = await api.ask('POST', '/resource-servers', { body });
    expect(registered).toMatchObject({ status: 201, body: { ...body, tokenFormat: 'opaque', secret: expect.stringMatching(/^assent_rs_/) } });
    expect(await api.ask('POST', '/resource-servers', { body })).toMatchObject({ status: 409 });
    const { secret, ...shown } = registered.body;
    const path = `/resource-servers/${shown.id}`;
    const read = await api.ask('GET', path);
    expect(read.body).toEqual(shown);
    expect((await api.ask('GET', '/resource-servers')).body.items).toEqual([shown]);

    const changed = await api.ask('PATCH', path, { body: { tokenFormat: 'jwt' }, headers: { 'if-match': read.etag } });
    expect(changed).toMatchObject({ status: 200, body: { name: 'Meetings', tokenFormat: 'jwt' } });
    expect((await api.ask('POST', `${path}/secret`, { headers: { 'if-match': read.etag } })).status).toBe(412);
    const rotated = await api.ask('POST', `${path}/secret`);
    expect(rotated.body.secret).toMatch(/^assent_rs_/);
    expect(rotated.body.secret).not.toBe(secret);
    expect((await api.ask('DELETE', path)).status).toBe(204);
    expect((await api.ask('GET', path)).status).toBe(404);
    expect((await api.ask('DELETE', path)).status).toBe(404);
  });
});
