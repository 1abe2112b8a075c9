import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { startApi, type ApiWorld } from '#test/support/api.ts';

let api: ApiWorld;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

const post = async (path: string, body: unknown) => (await api.ask('POST', path, { body })).body;

describe('tenants', () => {
  it('are created, read, renamed and suspended', async () => {
    const created = await api.ask('POST', '/tenants', { body: { name: '  Northwind  ' } });
    expect(created.status).toBe(201);
    expect(created.body).toEqual({ id: expect.stringMatching(/^ten_/), name: 'Northwind', status: 'active', createdAt: expect.any(String) });
    const path = `/tenants/${created.body.id}`;
    expect(created.headers.get('location')).toBe(`/api/v1${path}`);

    const read = await api.ask('GET', path);
    expect(read).toMatchObject({ status: 200, body: created.body, etag: created.etag });

    const renamed = await api.ask('PATCH', path, { body: { name: 'Northwind Traders' }, headers: { 'if-match': read.etag } });
    expect(renamed).toMatchObject({ status: 200, body: { name: 'Northwind Traders' } });
    expect(renamed.etag).not.toBe(read.etag);

    const suspended = await api.ask('PUT', `${path}/status`, { body: { status: 'suspended' } });
    expect(suspended).toMatchObject({ status: 200, body: { name: 'Northwind Traders', status: 'suspended' } });
  });

  it('xT5 have the id that the platform chose, whatever characters it has', async () => {
    for (const id of ['acme:{1}*', 'a/b?c#d%20', 'ten_*', '"]']) {
      const created = await api.ask('POST', '/tenants', { body: { name: 'Chosen', id } });
      expect(created).toMatchObject({ status: 201, body: { id } });
      expect(await api.ask('GET', created.headers.get('location') ?? '')).toMatchObject({ status: 200, body: { id } });
    }
    expect(await api.ask('POST', '/tenants', { body: { name: 'Again', id: 'acme:{1}*' } })).toMatchObject({ status: 409, body: { code: 'conflict' } });
    expect(await api.ask('POST', '/tenants', { body: { name: 'Up', id: '..' } })).toMatchObject({ status: 400, body: { fields: [{ pointer: '/id' }] } });
  });
});

describe('users', () => {
  it('are created, found by e-mail, renamed and disabled, and never show their password', async () => {
    const body = { email: 'Ada@Northwind.Example', name: 'Ada', password: 'correct horse battery' };
    const created = await api.ask('POST', '/users', { body });
    expect(created.status).toBe(201);
    expect(created.body).toEqual({
      id: expect.stringMatching(/^usr_/),
      email: 'Ada@Northwind.Example',
      name: 'Ada',
      status: 'active',
      hasPassword: true,
      createdAt: expect.any(String),
    });
    const path = `/users/${created.body.id}`;

    expect((await api.ask('GET', '/users?email=ada@northwind.example')).body).toEqual({ items: [created.body], next: null });
    expect((await api.ask('GET', '/users?email=nobody@northwind.example')).body).toEqual({ items: [], next: null });
    expect(await api.ask('POST', '/users', { body: { email: 'ada@northwind.example', name: 'Another' } })).toMatchObject({ status: 409 });

    const renamed = await api.ask('PATCH', path, { body: { name: 'Ada L.' }, headers: { 'if-match': created.etag } });
    expect(renamed).toMatchObject({ status: 200, body: { name: 'Ada L.' } });
    const disabled = await api.ask('PUT', `${path}/status`, { body: { status: 'disabled' }, headers: { 'if-match': renamed.etag } });
    expect(disabled).toMatchObject({ status: 200, body: { status: 'disabled' } });
  });

  it('are given a password, and their sessions are ended', async () => {
    const { id } = await post('/users', { email: 'ben@northwind.example', name: 'Ben' });
    const path = `/users/${id}`;
    const before = await api.ask('GET', path);
    expect(before.body.hasPassword).toBe(false);
    expect((await api.ask('PUT', `${path}/password`, { body: { password: 'correct horse battery' } })).status).toBe(204);
    const after = await api.ask('GET', path);
    expect(after.body.hasPassword).toBe(true);
    expect((await api.ask('DELETE', `${path}/sessions`)).status).toBe(204);
    expect((await api.ask('GET', path)).etag).not.toBe(after.etag);
    expect(await api.ask('PUT', `${path}/password`, { body: { password: 'short' } })).toMatchObject({
      status: 400,
      body: { fields: [{ pointer: '/password' }] },
    });
  });
});

describe('members, roles and delegations', () => {
  it('are added, changed and removed', async () => {
    const { id: tenant } = await post('/tenants', { name: 'Contoso' });
    const { id: user } = await post('/users', { email: 'chloe@contoso.example', name: 'Chloe' });
    const path = `/tenants/${tenant}/members/${user}`;
    const added = await api.ask('POST', `/tenants/${tenant}/members`, { body: { user } });
    expect(added).toMatchObject({ status: 201, body: { tenant, user, role: 'member', status: 'active' } });
    expect(await api.ask('POST', `/tenants/${tenant}/members`, { body: { user } })).toMatchObject({ status: 409 });
    expect((await api.ask('GET', path)).body).toEqual(added.body);
    expect((await api.ask('GET', `/tenants/${tenant}/members`)).body).toEqual({ items: [added.body], next: null });

    const changed = await api.ask('PATCH', path, { body: { role: 'owner' }, headers: { 'if-match': added.etag } });
    expect(changed).toMatchObject({ status: 200, body: { role: 'owner' } });
    const last = await api.ask('DELETE', path);
    expect(last).toMatchObject({ status: 409, body: { detail: expect.stringMatching(/last active owner/) } });

    const { id: second } = await post('/users', { email: 'dan@contoso.example', name: 'Dan' });
    await post(`/tenants/${tenant}/members`, { user: second, role: 'owner' });
    expect((await api.ask('DELETE', path)).status).toBe(204);
    expect((await api.ask('GET', path)).status).toBe(404);
    expect((await api.ask('DELETE', path)).status).toBe(404);
  });

  it('give members roles that the tenant made for itself', async () => {
    const { id: tenant } = await post('/tenants', { name: 'Fabrikam' });
    const { id: user } = await post('/users', { email: 'eve@fabrikam.example', name: 'Eve' });
    const role = await api.ask('POST', `/tenants/${tenant}/roles`, { body: { name: 'App admin', capabilities: ['apps.manage'] } });
    expect(role).toMatchObject({ status: 201, body: { tenant, name: 'App admin', capabilities: ['apps.manage'] } });
    const path = `/tenants/${tenant}/roles/${role.body.id}`;
    await post(`/tenants/${tenant}/members`, { user, role: role.body.id });

    expect((await api.ask('GET', path)).body).toEqual(role.body);
    expect((await api.ask('GET', `/tenants/${tenant}/roles`)).body.items).toEqual([role.body]);
    const changed = await api.ask('PATCH', path, { body: { capabilities: [] }, headers: { 'if-match': role.etag } });
    expect(changed).toMatchObject({ status: 200, body: { capabilities: [] } });
    expect(await api.ask('DELETE', path)).toMatchObject({ status: 409, body: { detail: expect.stringMatching(/Members have this role/) } });
    await api.ask('PATCH', `/tenants/${tenant}/members/${user}`, { body: { role: 'member' }, headers: { 'if-match': '*' } });
    expect((await api.ask('DELETE', path)).status).toBe(204);
    expect((await api.ask('GET', path)).status).toBe(404);
    const unknown = await api.ask('PATCH', `/tenants/${tenant}/members/${user}`, { body: { role: role.body.id }, headers: { 'if-match': '*' } });
    expect(unknown).toMatchObject({ status: 400, body: { fields: [{ pointer: '/role' }] } });
  });

  it('let one member act on the data of another, until it ends', async () => {
    const { id: tenant } = await post('/tenants', { name: 'Delegating' });
    const [giver, receiver] = await Promise.all(
      ['giver', 'receiver'].map(async (name) => (await post('/users', { email: `${name}@d.example`, name })).id as string),
    );
    for (const user of [giver, receiver]) await post(`/tenants/${tenant}/members`, { user });
    const list = `/tenants/${tenant}/delegations`;
    const given = await api.ask('POST', list, { body: { giver, receiver, permissions: ['meetings:read'] } });
    expect(given).toMatchObject({ status: 201, body: { tenant, giver, receiver, permissions: ['meetings:read'], endsAt: null } });
    const path = `${list}/${given.body.id}`;

    expect((await api.ask('GET', path)).body).toEqual(given.body);
    expect((await api.ask('GET', `${list}?giver=${giver}`)).body.items).toEqual([given.body]);
    expect((await api.ask('GET', `${list}?receiver=${receiver}`)).body.items).toEqual([given.body]);
    expect((await api.ask('GET', `${list}?receiver=${giver}`)).body.items).toEqual([]);
    expect((await api.ask('GET', list)).status).toBe(400);
    expect((await api.ask('GET', `${list}?receiver=${giver}&giver=${giver}`)).status).toBe(400);

    const endsAt = new Date(Date.now() + 3_600_000).toISOString();
    const changed = await api.ask('PATCH', path, { body: { permissions: ['meetings:read', 'meetings:write'], endsAt }, headers: { 'if-match': given.etag } });
    expect(changed).toMatchObject({ status: 200, body: { permissions: ['meetings:read', 'meetings:write'], endsAt } });
    expect((await api.ask('DELETE', path)).status).toBe(204);
    expect((await api.ask('GET', path)).status).toBe(404);
    expect(await api.ask('POST', list, { body: { giver, receiver, permissions: ['no:such'] } })).toMatchObject({ status: 400 });
  });
});
