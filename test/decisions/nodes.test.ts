import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { authorize, begin, connect, exchange, post } from '#test/support/oauth-flow.ts';
import { registerApp, type TestApp } from '#test/support/register-app.ts';
import { approve, tenantToken, YES } from '#test/support/tenant-tokens.ts';
import { startWorld, type World } from '#test/support/world.ts';

import { ask, searchAll, token, user } from './access.ts';

/** Ben may write in Sales, with its lists Leads and Offers, and read in Office, with its list Repairs. The app asks for sites to write in. */
let world: World;
let tenant: string;
let ben: string;
let app: TestApp;
/** Chosen by Ben: Sales. */
let bens: string;
/** Chosen by Ada, for the app itself: Office. */
let alone: string;

const WANTED = JSON.stringify([{ type: 'resource_access', kind: 'web', right: 'write' }]);
const resources = (path: string) => `/tenants/${tenant}/resources/${path}`;

beforeAll(async () => {
  world = await startWorld();
  tenant = world.tenants.northwind;
  ben = world.people.ben.id;
  const node = (kind: string, id: string, parent: readonly [string, string] | null) => ({ kind, id, title: id, parent: parent && { kind: parent[0], id: parent[1] } });
  const [top, company, sales, office] = [['tenancy', 'Northwind'], ['site_collection', 'Company'], ['web', 'Sales'], ['web', 'Office']] as const;
  await world.manage.post(`/tenants/${tenant}/resources`, {
    nodes: [node(...top, null), node(...company, top), node(...sales, company), node(...office, company), node('list', 'Leads', sales), node('list', 'Offers', sales), node('list', 'Repairs', office)],
  });
  const give = (path: string, who: string, right: string) => world.manage.put(resources(`${path}/rights/${who}`), { right });
  await Promise.all([give('tenancy/Northwind', world.people.ada.id, 'full_control'), give('web/Sales', ben, 'write'), give('web/Office', ben, 'read')]);
  const asked = [{ kind: 'web', right: 'write', required: true }];
  app = await registerApp(
    world.manage,
    { name: 'Sites', authMethod: 'client_secret_basic' },
    { redirectUris: ['https://sites.example/callback'], permissions: { user: { required: [], optional: [] } }, resources: { user: asked, tenant: asked }, appOnly: true },
  );
  await approve(world, { app, permissions: { tenant: ['app_only:web:write'] } });
  const parameters = { tenant, scope: 'openid', authorization_details: WANTED };
  bens = (await connect(world, world.people.ben, { app, parameters, tick: ['node_user_0=Sales'] })).tokens.access_token;
  const attempt = begin(world, { app, parameters: { ...parameters, scope: undefined, nonce: undefined, identity: 'tenant' } });
  const answer = await authorize(attempt, world.people.ada, { button: YES, tick: ['node_tenant_0=Office'] });
  alone = (await exchange(world, attempt, answer.get('code'))).body.access_token;
});
afterAll(() => world.stop());

const evaluate = async (subject: object, action: string, [type, id]: readonly [string, string], context?: object) =>
  (await ask(world, 'evaluation', { subject, action: { name: action }, resource: { type, id }, ...(context && { context }) })).body;
const word = async (...question: Parameters<typeof evaluate>): Promise<string> => {
  const { decision, context } = await evaluate(...question);
  return decision ? `${context.policy}: yes` : `${context.policy}: ${context.code} (${context.side})`;
};
const [SALES, OFFICE, LEADS, REPAIRS, COMPANY] = [['web', 'Sales'], ['web', 'Office'], ['list', 'Leads'], ['list', 'Repairs'], ['site_collection', 'Company']] as const;

describe('three policies on one tree', () => {
  test('S2 S5 user+app: both have to hold the right, there or above', async () => {
    const it = token(bens);
    expect(await word(it, 'write', LEADS)).toBe('user+app: yes');
    expect(await word(it, 'read', SALES)).toBe('user+app: yes');
    expect(await word(it, 'read', REPAIRS)).toBe('user+app: insufficient_scope (app)'); // Ben may, the app was not given it
    expect(await word(it, 'write', REPAIRS)).toBe('user+app: role_not_permitted (user)');
    expect(await word(it, 'read', COMPANY)).toBe('user+app: role_not_permitted (user)'); // above
  });

  test('S5 user-only: the member alone', async () => {
    expect(await Promise.all([LEADS, REPAIRS, COMPANY].map((node) => word(user(ben), 'read', node, { tenant })))).toEqual(['user-only: yes', 'user-only: yes', 'user-only: role_not_permitted (user)']);
  });

  test('S5 S6 app-only: the app alone, on what an admin chose for it', async () => {
    const it = token(alone);
    expect(await word(it, 'write', REPAIRS)).toBe('app-only: yes');
    expect(await word(it, 'manage', REPAIRS)).toBe('app-only: insufficient_scope (app)');
    expect(await word(it, 'read', LEADS)).toBe('app-only: out_of_data_range (tenant)');
    expect(await word({ type: 'app', id: app.id }, 'write', OFFICE, { tenant })).toBe('app-only: yes');
    expect(await word(token((await tenantToken(world, { app })).body.access_token), 'write', REPAIRS)).toBe('app-only: yes');
  });

  test('a token that was asked for with less holds less', async () => {
    const wanted = JSON.stringify([{ type: 'resource_access', kind: 'web', right: 'read', identifier: 'Office' }]);
    const { body } = await post(world, '/oauth/token', app, { grant_type: 'client_credentials', tenant, authorization_details: wanted });
    expect(await word(token(body.access_token), 'read', REPAIRS)).toBe('app-only: yes');
    expect(await word(token(body.access_token), 'write', REPAIRS)).toBe('app-only: insufficient_scope (app)');
  });

  test('L7 what is missing is said with the node, who can give it, and where', async () => {
    const { context } = await evaluate(token(bens), 'read', REPAIRS);
    expect(context.missing).toMatchObject({ permission: 'resource_access:web:write', identity: 'user', resource: { type: 'list', id: 'Repairs' }, right: 'read', who: 'member', link: `${world.issuer}/apps/${app.id}?tenant=${tenant}` });
    expect((await fetch(context.missing.link)).status).toBe(200);
    const { context: other } = await evaluate(token(alone), 'manage', REPAIRS);
    expect(other.missing).toMatchObject({ permission: 'app_only:list:manage', identity: 'tenant', who: 'developer' });
  });

  test('R2 searches agree', async () => {
    const found = async (what: 'action' | 'resource' | 'subject', body: object) => (await searchAll(world, what, body, 2)).found.map(({ id, name }: any) => id ?? name);
    expect(await found('action', { subject: token(bens), resource: { type: 'list', id: 'Leads' } })).toEqual(['read', 'write']);
    expect(await found('action', { subject: token(bens), resource: { type: 'list', id: 'Repairs' } })).toEqual([]);
    expect(await found('resource', { subject: token(bens), action: { name: 'read' }, resource: { type: 'list' } })).toEqual(['Leads', 'Offers']);
    expect(await found('resource', { subject: token(alone), action: { name: 'read' }, resource: { type: 'list' } })).toEqual(['Repairs']);
    expect(await found('subject', { subject: { type: 'app' }, action: { name: 'read' }, resource: { type: 'list', id: 'Repairs' }, context: { tenant } })).toEqual([app.id]);
    expect(await found('subject', { subject: { type: 'user' }, action: { name: 'write' }, resource: { type: 'list', id: 'Leads' }, context: { tenant, app: app.id } })).toEqual([ben]);
  });

  test('S13 what is recycled rests and what is deleted is over, in the next decision', async () => {
    const it = token(bens);
    await world.manage.post(resources('web/Sales/recycle'), {});
    expect(await word(it, 'write', LEADS)).toBe('user+app: role_not_permitted (user)');
    await world.manage.post(resources('web/Sales/restore'), {});
    expect(await word(it, 'write', LEADS)).toBe('user+app: yes');
    await world.manage.post(resources('list/Leads/move'), { parent: { kind: 'web', id: 'Office' } });
    expect(await word(it, 'write', LEADS)).toBe('user+app: role_not_permitted (user)');
    expect(await word(token(alone), 'write', LEADS)).toBe('app-only: yes');
    await world.manage.remove(resources('list/Leads'));
    expect(await word(token(alone), 'write', LEADS)).toBe('app-only: out_of_data_range (tenant)');
  });
});
