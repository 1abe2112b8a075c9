import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { aftermath } from '#test/support/aftermath.ts';
import { dpopProof, newClientKey } from '#test/support/client-keys.ts';
import { authorize, begin, connect, exchange, introspect, post, revoke } from '#test/support/oauth-flow.ts';
import { approve, EVERYBODYS, install, shut, tenantToken } from '#test/support/tenant-tokens.ts';
import { startWorld, type World } from '#test/support/world.ts';

import { ask, data, token, user } from './access.ts';

let world: World;
let tenant: string;
let id: (name: keyof World['people']) => string;
beforeAll(async () => {
  world = await startWorld();
  tenant = world.tenants.northwind;
  id = (name) => world.people[name].id;
  await approve(world, { permissions: { tenant: [EVERYBODYS, 'rooms:read', 'directory:read'], user: ['contacts:read'] } });
});
afterAll(() => world.stop());

const evaluate = async (subject: object, action: string, resource: object, context?: object) => {
  const { status, body } = await ask(world, 'evaluation', { subject, action: { name: action }, resource, ...(context && { context }) });
  return { status, ...body };
};
/** A PUT of something that was read. */
const set = async (path: string, at: string, body: object) => {
  const { headers } = await world.manage.ask('GET', path);
  const { status, body: answer } = await world.manage.ask('PUT', `${path}/${at}`, body, { 'if-match': headers.get('etag') ?? '*' });
  if (status >= 400) throw new Error(JSON.stringify(answer));
};
const setInstallation = (at: string, body: object) => set(`/tenants/${tenant}/installations/${world.apps.scheduler.id}`, at, body);
const setApp = (status: string) => set(`/apps/${world.apps.scheduler.id}`, 'status', { status });
/** The answer in a word: `yes`, or the code. */
const word = async (subject: object, action: string, resource: object, context?: object): Promise<string> => {
  const { status, decision, context: why } = await evaluate(subject, action, resource, context);
  expect(status).toBe(200);
  return decision ? 'yes' : why.code;
};
const bensToken = async (click: object = {}) => (await connect(world, world.people.ben, click)).tokens.access_token;
const SHARING = { parameters: { prompt: 'consent' }, tick: ['shared_access=yes'] };
const here = () => ({ tenant });
const bens = (shared_access = false) => ({ tenant, identity: 'user', user: id('ben'), client: world.apps.scheduler.id, shared_access });

describe('a user token', () => {
  test('Z8 Z9 opens its member’s own data, for what it holds', async () => {
    const it = token(await bensToken());
    expect(await evaluate(it, 'meetings:read', data(id('ben')))).toEqual({ status: 200, decision: true, context: { policy: 'user+app', token: bens() } });
    const denied = await evaluate(it, 'contacts:read', data(id('ben')));
    expect(denied).toMatchObject({ decision: false, context: { policy: 'user+app', side: 'app', code: 'insufficient_scope', reason: 'The app does not hold the permission this needs.' } });
    expect(denied.context.missing).toMatchObject({ permission: 'contacts:read', identity: 'user', who: 'member', link: expect.stringContaining('/allow?tenant=') });
    expect(await word(it, 'meetings:read', data(id('chloe')))).toBe('shared_access_not_permitted');
  });

  test('Z2 is told that the user has not permitted shared access, in the words of the platform', async () => {
    const { context } = await evaluate(token(await bensToken()), 'meetings:read', data(id('ada')));
    expect(context).toEqual({ policy: 'user+app', side: 'app', code: 'shared_access_not_permitted', reason: 'The user has not permitted this app to use shared access', token: bens() });
  });

  test('Z3 with the tick opens exactly what was delegated, and no longer than it is: shown in the next decision', async () => {
    const it = token(await bensToken(SHARING));
    expect(await word(it, 'meetings:read', data(id('ada')))).toBe('yes');
    expect(await word(it, 'meetings:read', data(id('chloe')))).toBe('forbidden');
    expect(await word(it, 'meetings:read', data('usr_nobody'))).toBe('forbidden');
    await world.manage.change(`/tenants/${tenant}/delegations/${world.delegation}`, { permissions: ['calendar:read'] });
    expect(await word(it, 'meetings:read', data(id('ada')))).toBe('forbidden');
    await world.manage.change(`/tenants/${tenant}/delegations/${world.delegation}`, { permissions: ['meetings:read'] });
    expect(await word(it, 'meetings:read', data(id('ada')))).toBe('yes');
    const { id: dans } = await world.manage.post(`/tenants/${tenant}/delegations`, { giver: id('dan'), receiver: id('ben'), permissions: ['meetings:read'] });
    expect(await word(it, 'meetings:read', data(id('dan')))).toBe('yes');
    await world.manage.remove(`/tenants/${tenant}/delegations/${dans}`);
    expect(await word(it, 'meetings:read', data(id('dan')))).toBe('forbidden');
  });

  test('Z8 tells whom it is for, allowed or not; `me` is whoever that is, and nobody for an app that acts as itself', async () => {
    const it = token(await bensToken(SHARING));
    expect(await evaluate(it, 'meetings:read', data('me'))).toEqual({ status: 200, decision: true, context: { policy: 'user+app', token: bens(true) } });
    expect((await evaluate(it, 'meetings:read', data(id('chloe')))).context).toMatchObject({ code: 'forbidden', token: bens(true) });
    expect(await evaluate(user(id('ben')), 'meetings:read', data('me'), here())).toEqual({ status: 200, decision: true, context: { policy: 'user-only' } });
    await install(world, world.people.ada);
    const own = token((await tenantToken(world)).body.access_token);
    const holder = { tenant, identity: 'tenant', user: null, client: world.apps.scheduler.id, shared_access: false };
    expect((await evaluate(own, EVERYBODYS, data('me'))).context).toMatchObject({ code: 'out_of_data_range', token: holder });
    expect((await evaluate(own, EVERYBODYS, data(id('ben')))).context).toEqual({ policy: 'app-only', token: holder });
    expect((await evaluate(token('made up'), 'meetings:read', data('me'))).context.token).toBeUndefined();
  });

  test('is for its own tenant, whatever the question says', async () => {
    const it = token(await bensToken());
    expect(await word(it, 'meetings:read', data(id('ben')), { tenant: world.tenants.contoso })).toBe('not_found');
    expect(await word(it, 'meetings:read', { ...data(id('ben')), properties: { tenant: world.tenants.contoso } })).toBe('not_found');
  });

  test('is nothing to a resource server that it is not meant for', async () => {
    const { tokens } = await connect(world, world.people.ben, { parameters: { resource: world.resourceServers.meetings.audience } });
    const question = { subject: token(tokens.access_token), action: { name: 'meetings:read' }, resource: data(id('ben')) };
    expect((await ask(world, 'evaluation', question)).body.decision).toBe(true);
    const { body } = await ask(world, 'evaluation', question, { as: world.resourceServers.archive });
    expect(body).toMatchObject({ decision: false, context: { code: 'invalid_token', active: false } });
  });

  test('is good for nothing when it is over, mistyped, made up or of another kind; never a 500, never shown again', async () => {
    const { tokens } = await connect(world, world.people.ben);
    await revoke(world, world.apps.scheduler, tokens.access_token);
    const made = [tokens.access_token, tokens.refresh_token, 'assent_ut_00', 'x', 'a.b.c', `eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.`, '\u0000', '🦄'.repeat(500)];
    for (const text of made) {
      const answer = await ask(world, 'evaluation', { subject: token(text), action: { name: 'meetings:read' }, resource: data(id('ben')) });
      expect(answer).toMatchObject({ status: 200, body: { decision: false, context: { code: 'invalid_token', active: false, reason: 'The access token is not valid here.' } } });
      if (text.length > 10) expect(JSON.stringify(answer.body)).not.toContain(text);
    }
    expect(world.assent.logged()).not.toContain(tokens.access_token);
  });

  test('that is bound to a key is good only for who says whose proof was seen', async () => {
    const [key, other] = await Promise.all([newClientKey('ES256'), newClientKey('ES256')]);
    const attempt = begin(world, { parameters: { tenant } });
    const answer = await authorize(attempt, world.people.ben);
    const { body } = await exchange(world, attempt, answer.get('code'), {}, { dpop: await dpopProof(key, { url: `${world.issuer}/oauth/token` }) });
    const asked = (properties?: object) => word(token(body.access_token, properties), 'meetings:read', data(id('ben')));
    expect(await Promise.all([asked(), asked({ jkt: other.jwk.kid }), asked({ jkt: 7 }), asked({ jkt: key.jwk.kid })])).toEqual(['invalid_token', 'invalid_token', 'invalid_token', 'yes']);
  });

  test('says in a word what stands in its way: the member, the app, the tenant', async () => {
    const it = token(await bensToken());
    const ask = () => evaluate(it, 'meetings:read', data(id('ben')));
    const member = `/tenants/${tenant}/members/${id('ben')}`;
    await world.manage.change(member, { status: 'inactive' });
    expect(await ask()).toMatchObject({ decision: false, context: { code: 'member_inactive', side: 'user', active: false } });
    await world.manage.change(member, { status: 'active' });
    await shut(world, 'withdrawn');
    expect(await ask()).toMatchObject({ decision: false, context: { code: 'approval_required', side: 'tenant', active: false } });
    await shut(world, 'blocked');
    expect(await ask()).toMatchObject({ decision: false, context: { code: 'approval_blocked', side: 'tenant', active: false } });
    await approve(world, { permissions: { tenant: [EVERYBODYS, 'rooms:read'], user: ['contacts:read'] }, availability: { kind: 'some', members: [id('chloe')], groups: [] } });
    expect(await ask()).toMatchObject({ decision: false, context: { code: 'out_of_availability', side: 'tenant' } });
    await approve(world, { permissions: { tenant: [EVERYBODYS, 'rooms:read'], user: ['contacts:read'] } });
    // What was minted before it was shut stays dead.
    expect(await ask()).toMatchObject({ decision: false, context: { code: 'invalid_token', active: false } });
    expect(await word(token(await bensToken()), 'meetings:read', data(id('ben')))).toBe('yes');
    await setApp('disabled');
    expect(await ask()).toMatchObject({ decision: false, context: { code: 'app_disabled', side: 'app', active: false } });
    await setApp('active');
  });
});

describe('a tenant token', () => {
  const installed = async (dataRange?: { members: string[] }) => {
    await install(world, world.people.ada, dataRange ? { dataRange } : {});
    return token((await tenantToken(world)).body.access_token);
  };

  test('L6 opens the data of all members within its range; a change of the range shows in the next decision', async () => {
    const it = await installed();
    expect(await evaluate(it, EVERYBODYS, data(id('chloe')))).toMatchObject({ decision: true, context: { policy: 'app-only' } });
    expect(await word(it, EVERYBODYS, data(id('erin')))).toBe('out_of_data_range');
    const { id: group } = await world.manage.post(`/tenants/${tenant}/groups`, { name: 'Sales' });
    await setInstallation('data-range', { dataRange: { kind: 'some', members: [id('dan')], groups: [group] } });
    expect(await Promise.all(['dan', 'chloe'].map((name) => word(it, EVERYBODYS, data(id(name as 'dan')))))).toEqual(['yes', 'out_of_data_range']);
    await world.manage.put(`/tenants/${tenant}/groups/${group}/members/${id('chloe')}`, {});
    expect(await word(it, EVERYBODYS, data(id('chloe')))).toBe('yes');
    await world.manage.remove(`/tenants/${tenant}/groups/${group}`);
    expect(await word(it, EVERYBODYS, data(id('chloe')))).toBe('out_of_data_range');
    await setInstallation('data-range', { dataRange: { kind: 'all' } });
  });

  test('xS3 stays what it is, whichever user it comes with', async () => {
    const { id: text } = await installed();
    for (const chosen of [id('ben'), id('ada')]) {
      const it = token(text, { user: chosen, sub: chosen, identity: 'user' });
      expect(await evaluate(it, 'meetings:read', data(chosen), { user: chosen })).toMatchObject({ decision: false, context: { policy: 'app-only', code: 'insufficient_scope', missing: { identity: 'tenant' } } });
      expect(await word(it, 'meetings:read', data(id('ada')), { user: chosen })).toBe('insufficient_scope');
    }
  });

  test('says what stands in its way', async () => {
    const it = await installed();
    await setInstallation('status', { status: 'suspended' });
    expect(await word(it, EVERYBODYS, data(id('dan')))).toBe('installation_suspended');
    await setInstallation('status', { status: 'active' });
    expect(await word(it, EVERYBODYS, data(id('dan')))).toBe('yes');
    await world.manage.remove(`/tenants/${tenant}/installations/${world.apps.scheduler.id}`);
    expect(await evaluate(it, EVERYBODYS, data(id('dan')))).toMatchObject({ decision: false, context: { code: 'not_installed', side: 'tenant', active: false } });
  });
});

describe('without a token', () => {
  test('a member alone, an app alone and a member in an app are asked about by their ids', async () => {
    await connect(world, world.people.ben);
    expect(await evaluate(user(id('ben')), 'meetings:read', data(id('ben')), here())).toMatchObject({ decision: true, context: { policy: 'user-only' } });
    expect(await word(user(id('ben')), 'meetings:read', data(id('ada')), here())).toBe('yes'); // she delegated it
    expect(await word(user(id('ben')), 'meetings:write', data(id('ada')), here())).toBe('forbidden');
    expect(await word(user(id('erin')), 'meetings:read', data(id('erin')), here())).toBe('member_inactive');
    expect(await word(user(id('erin')), 'meetings:read', data(id('erin')), { tenant: world.tenants.contoso })).toBe('yes');
    expect(await evaluate(user(id('ben')), 'meetings:read', data(id('ben')), { ...here(), app: world.apps.scheduler.id })).toMatchObject({ decision: true, context: { policy: 'user+app' } });
    expect(await word({ type: 'app', id: world.apps.scheduler.id }, EVERYBODYS, data(id('ben')), here())).toBe('not_installed');
    expect(await word({ type: 'app', id: 'app_nobody' }, EVERYBODYS, data(id('ben')), here())).toBe('app_disabled');
    expect(await word({ type: 'robot', id: 'r2' }, 'meetings:read', data(id('ben')), here())).toBe('not_found');
    expect((await evaluate(user(id('ben')), 'meetings:read', data(id('ben')))).status).toBe(400);
  });

  test('S2 S5 rights on nodes count from there downwards; what is deleted, recycled or taken away counts no more in the next decision', async () => {
    const nodes = (...chain: string[]) => chain.map((name, place) => ({ kind: ['tenancy', 'site_collection', 'web', 'list'][place], id: name, title: name, parent: place === 0 ? null : { kind: ['tenancy', 'site_collection', 'web'][place - 1], id: chain[place - 1] } }));
    await world.manage.post(`/tenants/${tenant}/resources`, { nodes: nodes('Northwind', 'Sales', 'Leads', 'Tasks') });
    await world.manage.put(`/tenants/${tenant}/resources/web/Leads/rights/${id('ben')}`, { right: 'write' });
    const may = (action: string, type: string, name: string) => word(user(id('ben')), action, { type, id: name }, here());
    expect(await Promise.all([may('write', 'list', 'Tasks'), may('read', 'web', 'Leads'), may('manage', 'list', 'Tasks'), may('read', 'site_collection', 'Sales')])).toEqual(['yes', 'yes', 'role_not_permitted', 'role_not_permitted']);
    await world.manage.post(`/tenants/${tenant}/resources/web/Leads/recycle`, {});
    expect(await may('write', 'list', 'Tasks')).toBe('role_not_permitted');
    await world.manage.post(`/tenants/${tenant}/resources/web/Leads/restore`, {});
    expect(await may('write', 'list', 'Tasks')).toBe('yes');
    await world.manage.remove(`/tenants/${tenant}/resources/web/Leads/rights/${id('ben')}`);
    expect(await may('write', 'list', 'Tasks')).toBe('role_not_permitted');
    await world.manage.put(`/tenants/${tenant}/resources/tenancy/Northwind/rights/${id('ben')}`, { right: 'read' });
    expect(await may('read', 'list', 'Tasks')).toBe('yes');
    await world.manage.remove(`/tenants/${tenant}/resources/web/Leads`);
    expect(await may('read', 'list', 'Tasks')).toBe('role_not_permitted');
  });

  test('R3 R4 R10 a role opens methods in a meeting; losing it shows in the next decision', async () => {
    const members = [{ user: id('ada'), role: 'owner' }, { user: id('ben'), role: 'cohost' }, { guest: 'phone', role: 'guest' }];
    const { id: context } = await world.manage.post(`/tenants/${tenant}/contexts`, { kind: 'meeting', title: 'Planning', members });
    const meeting = { type: 'context', id: context };
    const app = { ...here(), app: world.apps.scheduler.id };
    const it = token(await bensToken());
    expect(await word(it, 'meeting.mute_participant', meeting)).toBe('insufficient_scope');
    expect(await word(it, 'meeting.raise_hand', meeting)).toBe('yes');
    expect(await word(it, 'meeting.end', meeting)).toBe('role_not_permitted');
    expect(await word(user(id('ben')), 'meeting.mute_participant', meeting, here())).toBe('yes');
    expect(await word(user(id('ada')), 'meeting.show_app', meeting, app)).toBe('yes'); // without a grant
    const connectFirst = await evaluate(user(id('ada')), 'meeting.raise_hand', meeting, app);
    expect(connectFirst).toMatchObject({ decision: false, context: { code: 'insufficient_scope', missing: { identity: 'user', who: 'member', link: expect.stringContaining(`/apps/${world.apps.scheduler.id}?tenant=`) } } });
    expect(await word({ type: 'guest', id: 'phone' }, 'meeting.show_app', meeting, app)).toBe('yes');
    expect(await word({ type: 'guest', id: 'somebody' }, 'meeting.show_app', meeting, app)).toBe('role_not_permitted');
    expect(await word(user(id('ben')), 'meeting.end', { type: 'recording', id: '7' }, { ...here(), context })).toBe('role_not_permitted');
    expect(await word(user(id('ben')), 'recording.play', { type: 'recording', id: '7', properties: { owner: id('ben') } }, { ...here(), context })).toBe('yes');
    await world.manage.put(`/tenants/${tenant}/contexts/${context}/members/${id('ben')}`, { role: 'participant' });
    expect(await word(user(id('ben')), 'meeting.mute_participant', meeting, here())).toBe('role_not_permitted');
    await world.manage.remove(`/tenants/${tenant}/contexts/${context}/members/${id('ben')}`);
    expect(await word(it, 'meeting.raise_hand', meeting)).toBe('role_not_permitted');
    expect(await word(user(id('ada')), 'meeting.end', meeting, { tenant: world.tenants.contoso })).toBe('member_inactive');
    await world.manage.post(`/tenants/${tenant}/contexts/${context}/end`, {});
    expect(await word(user(id('ada')), 'meeting.end', meeting, here())).toBe('context_ended');
  });
});

test('a JWT is decided on as an opaque token is: what is taken back counts at once', async () => {
  const { id: server, audience } = world.resourceServers.meetings;
  await world.manage.change(`/resource-servers/${server}`, { tokenFormat: 'jwt' });
  const { tokens } = await connect(world, world.people.dan, { parameters: { resource: audience } });
  const it = token(tokens.access_token);
  expect(tokens.access_token).toMatch(/^eyJ/);
  expect(await word(it, 'meetings:read', data(id('dan')))).toBe('yes');
  expect(await word(token(`${tokens.access_token.slice(0, -4)}AAAA`), 'meetings:read', data(id('dan')))).toBe('invalid_token');
  const { body } = await introspect(world, tokens.access_token);
  expect(body.active).toBe(true);
  await post(world, '/oauth/revoke', world.apps.scheduler, { token: tokens.refresh_token });
  expect(await word(it, 'meetings:read', data(id('dan')))).toBe('invalid_token');
});

test('leaves no token and no trouble in any log', () => {
  expect(aftermath(world)).toEqual([]);
});
