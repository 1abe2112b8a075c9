import { afterAll, beforeAll, expect, it } from '@jest/globals';

import { furnish, giveGrant } from '#test/support/api-furniture.ts';
import { startApi, type ApiWorld } from '#test/support/api.ts';

let api: ApiWorld;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

it('grants are listed by member or app in one tenant, read, and revoked once', async () => {
  const { ids } = await furnish(api, 'granting');
  const list = `/tenants/${ids['tenant']}/grants`;
  const path = `${list}/${ids['grant']}`;
  const read = await api.ask('GET', path);
  expect(read).toMatchObject({
    status: 200,
    body: { id: ids['grant'], tenant: ids['tenant'], user: ids['user'], app: ids['app'], permissions: ['openid', 'meetings:read'], sharedAccess: false },
  });
  expect(Object.keys(read.body)).not.toContain('membership');
  expect((await api.ask('GET', `${list}?user=${ids['user']}`)).body.items).toEqual([read.body]);
  expect((await api.ask('GET', `${list}?app=${ids['app']}`)).body.items).toEqual([read.body]);
  expect((await api.ask('GET', `${list}?app=app_none`)).body.items).toEqual([]);
  for (const query of ['', `?user=${ids['user']}&app=${ids['app']}`]) expect((await api.ask('GET', list + query)).status).toBe(400);

  const { ids: other } = await furnish(api, 'other-tenant');
  expect((await api.ask('DELETE', `/tenants/${other['tenant']}/grants/${ids['grant']}`)).status).toBe(404);
  expect((await api.ask('GET', path)).status).toBe(200);

  expect((await api.ask('DELETE', path)).status).toBe(204);
  expect((await api.ask('GET', path)).status).toBe(404);
  expect((await api.ask('DELETE', path)).status).toBe(404);
});

it('a grant that was revoked and given again has another id', async () => {
  const { ids } = await furnish(api, 'again');
  const [tenant, user, app] = [ids['tenant'] ?? '', ids['user'] ?? '', ids['app'] ?? ''];
  await api.ask('DELETE', `/tenants/${tenant}/grants/${ids['grant']}`);
  const again = await giveGrant(api, { tenant, user, app });
  expect(again).not.toBe(ids['grant']);
  expect((await api.ask('GET', `/tenants/${tenant}/grants/${ids['grant']}`)).status).toBe(404);
});

it('xT6 a grant of somebody who left the tenant is gone, and stays gone when they come back', async () => {
  const { ids } = await furnish(api, 'left');
  const [members, list] = [`/tenants/${ids['tenant']}/members`, `/tenants/${ids['tenant']}/grants`];
  expect((await api.ask('DELETE', `${members}/${ids['user']}`)).status).toBe(204);
  await api.ask('POST', members, { body: { user: ids['user'] } });
  expect((await api.ask('GET', `${list}/${ids['grant']}`)).status).toBe(404);
  expect((await api.ask('GET', `${list}?user=${ids['user']}`)).body.items).toEqual([]);
});

it('a grant is narrowed, never widened, only in the version that was read; what is taken is an event', async () => {
  const { ids } = await furnish(api, 'narrowing');
  const path = `/tenants/${ids['tenant']}/grants/${ids['grant']}`;
  const { headers } = await api.ask('GET', path);
  const change = (body: unknown, etag = headers.get('etag') ?? '') => api.ask('PATCH', path, { body, headers: { 'if-match': etag } });
  expect((await api.ask('PATCH', path, { body: { permissions: [] } })).status).toBe(428);
  for (const body of [{ permissions: ['openid', 'calendar:read'] }, { sharedAccess: true }, { user: 'usr_other' }]) {
    expect((await change(body)).status).toBe(400);
  }
  const narrowed = await change({ permissions: ['meetings:read', 'meetings:read'], sharedAccess: false });
  expect(narrowed).toMatchObject({ status: 200, body: { permissions: ['meetings:read'], sharedAccess: false, lastUsedAt: null } });
  expect((await change({ permissions: [] })).status).toBe(412);
  expect((await api.ask('GET', path)).body).toEqual(narrowed.body);
});
