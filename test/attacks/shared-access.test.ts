import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import { aftermath } from '#test/support/aftermath.ts';
import { createHttpBrowser, type HttpBrowser } from '#test/support/http-browser.ts';
import { authorize, begin, connect, exchange, introspect, post, refresh, signIn } from '#test/support/oauth-flow.ts';
import { registerApp } from '#test/support/register-app.ts';
import { startStage, type Stage } from '#test/support/stage.ts';
import type { Person, World } from '#test/support/world.ts';

let stage: Stage;
let world: World;
let browser: HttpBrowser;
let [ada, ben, chloe, erin]: Person[] = [];

beforeAll(async () => {
  stage = await startStage();
  ({ world } = stage);
  ({ ada, ben, chloe, erin } = world.people);
  browser = createHttpBrowser();
  await signIn(world, browser, ben!);
});
beforeEach(async () => {
  for (const { id } of await delegationsTo(ben!)) await world.manage.remove(`${delegations()}/${id}`);
  for (const { id } of (await world.manage.get(`/tenants/${world.tenants.northwind}/grants?user=${ben!.id}`)).items) await world.manage.remove(`/tenants/${world.tenants.northwind}/grants/${id}`);
});
afterAll(() => stage.stop());

const delegations = () => `/tenants/${world.tenants.northwind}/delegations`;
const delegationsTo = async ({ id }: Person): Promise<{ id: string }[]> => (await world.manage.get(`${delegations()}?receiver=${id}`)).items;
const delegate = async (giver: Person, permissions = ['meetings:read']): Promise<string> =>
  (await world.manage.post(delegations(), { giver: giver.id, receiver: ben!.id, permissions })).id;
/** Ben's token with the box ticked. */
const share = async (): Promise<string> => (await connect(world, ben!, { browser, tick: ['shared_access'] })).tokens.access_token;
const from = async (token: string): Promise<{ user: string; permissions: string[] }[]> => (await introspect(world, token)).body.shared_access_from ?? [];
const meetingsOf = async ({ id }: Person, token: string): Promise<number> => (await fetch(`${stage.platform}/users/${id}/meetings`, { headers: { authorization: `Bearer ${token}` } })).status;
const member = ({ id }: Person, tenant = world.tenants.northwind) => `/tenants/${tenant}/members/${id}`;

describe('xS1 shared access is never more than what its giver has and gives', () => {
  const losses: [string, (giver: Person, delegation: string) => Promise<unknown>, (giver: Person) => Promise<unknown>][] = [
    ['is made inactive', (giver) => world.manage.change(member(giver), { status: 'inactive' }), (giver) => world.manage.change(member(giver), { status: 'active' })],
    ['has their account disabled', (giver) => world.manage.put(`/users/${giver.id}/status`, { status: 'disabled' }), (giver) => world.manage.put(`/users/${giver.id}/status`, { status: 'active' })],
    ['leaves', (giver) => world.manage.remove(member(giver)), (giver) => world.manage.post(`/tenants/${world.tenants.northwind}/members`, { user: giver.id })],
    ['takes the permission back and gives another', (_, id) => world.manage.change(`${delegations()}/${id}`, { permissions: ['calendar:read'] }), async () => {}],
    ['ends it', (_, id) => world.manage.remove(`${delegations()}/${id}`), async () => {}],
  ];
  test.each(losses)('the giver %s: the same token reaches nothing of theirs with the next request, and still what others gave', async (_, lose, restore) => {
    await delegate(ada!);
    const lost = await delegate(chloe!);
    const token = await share();
    expect([await meetingsOf(chloe!, token), await meetingsOf(ada!, token)]).toEqual([200, 200]);
    await lose(chloe!, lost);
    try {
      expect([await meetingsOf(chloe!, token), await meetingsOf(ada!, token)]).toEqual([403, 200]);
      expect((await from(token)).filter(({ user, permissions }) => user === chloe!.id && permissions.includes('meetings:read'))).toEqual([]);
    } finally {
      await restore(chloe!);
    }
  });

  test('nobody delegates in a tenant in which they are not, to one who is not, or what is no permission', async () => {
    const bodies = [
      { giver: erin!.id, receiver: ben!.id, permissions: ['meetings:read'] },
      { giver: ada!.id, receiver: erin!.id, permissions: ['meetings:read'] },
      { giver: ada!.id, receiver: ada!.id, permissions: ['meetings:read'] },
      { giver: ada!.id, receiver: ben!.id, permissions: ['shared_access'] },
      { giver: ada!.id, receiver: ben!.id, permissions: ['nonsense'] },
      { giver: ada!.id, receiver: ben!.id, permissions: [] },
      { giver: 'usr_x', receiver: ben!.id, permissions: ['meetings:read'] },
    ];
    for (const body of bodies) expect([400, 404, 409, 422]).toContain((await world.manage.ask('POST', delegations(), body)).status);
    expect(await delegationsTo(ben!)).toEqual([]);
  });
});

describe('xS2 who is no delegate gets nothing', () => {
  test('an outsider, a member of another tenant, and the giver’s own tenant through another person', async () => {
    await delegate(ada!);
    for (const person of [chloe!, world.people.dan]) {
      const { tokens } = await connect(world, person);
      expect(await meetingsOf(ada!, tokens.access_token)).toBe(403);
      expect(tokens.scope.split(' ')).not.toContain('shared_access');
    }
    const elsewhere = await connect(world, erin!, { parameters: { tenant: world.tenants.contoso } });
    expect(await meetingsOf(ada!, elsewhere.tokens.access_token)).toBe(403);
    const own = await connect(world, ben!, { browser, parameters: { tenant: world.tenants.contoso } });
    expect([await from(own.tokens.access_token), await meetingsOf(ada!, own.tokens.access_token)]).toEqual([[], 403]);
  });

  test('a delegate who was removed, and comes back: neither the old token nor a new yes reaches it', async () => {
    await delegate(ada!);
    const token = await share();
    expect(await meetingsOf(ada!, token)).toBe(200);
    await world.manage.remove(member(ben!));
    expect(await meetingsOf(ada!, token)).toBe(401);
    await world.manage.post(`/tenants/${world.tenants.northwind}/members`, { user: ben!.id });
    expect(await meetingsOf(ada!, token)).toBe(401);
    const { tokens } = await connect(world, ben!, { browser });
    expect([await from(tokens.access_token), await meetingsOf(ada!, tokens.access_token)]).toEqual([[], 403]);
  });

  test('an app cannot ask for it in the person’s name: not by scope, not by refresh, not by a planted field', async () => {
    await delegate(ada!);
    const { tokens, attempt } = await connect(world, ben!, { browser, parameters: { scope: 'openid offline_access meetings:read shared_access', shared_access: 'yes', include_granted_scopes: 'true' } });
    expect(tokens.scope.split(' ')).not.toContain('shared_access');
    const renewed = await refresh(world, attempt.app, tokens.refresh_token, { scope: 'openid meetings:read shared_access' });
    expect(renewed.body.scope.split(' ')).not.toContain('shared_access');
    expect(await meetingsOf(ada!, renewed.body.access_token)).toBe(403);
  });
});

test('xS3 a tenant token acts for nobody: naming a user opens nothing of theirs', async () => {
  const app = await registerApp(
    world.manage,
    { name: 'Notifier', authMethod: 'client_secret_basic' },
    { redirectUris: ['https://notifier.example/callback'], permissions: { tenant: { required: ['notices:send'] } } },
  );
  const tenant = world.tenants.northwind;
  const attempt = begin(world, { app, parameters: { identity: 'tenant', scope: 'notices:send', nonce: undefined, tenant } });
  const code = (await authorize(attempt, ada!, { button: 'Install' })).get('code');
  const byCode = await exchange(world, attempt, code);
  const naming = { user: ada!.id, sub: ada!.id, subject: ada!.id, user_id: ada!.id, identity: 'user', login_hint: ada!.email };
  const byCredentials = await post(world, '/oauth/token', app, { grant_type: 'client_credentials', tenant, ...naming });
  for (const { status, body } of [byCode, byCredentials]) {
    expect([status, body.error_description, body.refresh_token, body.id_token]).toEqual([200, undefined, undefined, undefined]);
    const seen = (await introspect(world, body.access_token)).body;
    expect(seen).toMatchObject({ active: true, identity: 'tenant', tenant, sub: expect.stringMatching(/^ins_/), scope: 'notices:send' });
    expect(seen.shared_access_from).toBeUndefined();
    for (const person of [ada!, ben!, erin!]) expect(await meetingsOf(person, body.access_token)).toBe(403);
    const own = await fetch(`${stage.platform}/me/meetings`, { headers: { authorization: `Bearer ${body.access_token}` } });
    expect(own.status).toBe(403);
    expect((await fetch(`${world.issuer}/oauth/userinfo`, { headers: { authorization: `Bearer ${body.access_token}` } })).status).toBeGreaterThanOrEqual(400);
  }
});

describe('xS4 a delegation ends once, whoever ends it', () => {
  test('ended five times in the same instant it is dead, and ending it again changes nothing', async () => {
    await delegate(chloe!);
    const id = await delegate(ada!);
    const token = await share();
    const answers = await Promise.all(Array.from({ length: 5 }, () => world.manage.ask('DELETE', `${delegations()}/${id}`)));
    for (const { status } of answers) expect([204, 404]).toContain(status);
    expect(answers.some(({ status }) => status === 204)).toBe(true);
    expect((await world.manage.ask('DELETE', `${delegations()}/${id}`)).status).toBe(404);
    expect((await from(token)).map(({ user }) => user)).toEqual([chloe!.id]);
  });

  test('ended and narrowed in the same instant it is dead', async () => {
    for (let round = 0; round < 5; round += 1) {
      const id = await delegate(ada!, ['meetings:read', 'calendar:read']);
      const { headers } = await world.manage.ask('GET', `${delegations()}/${id}`);
      const [ended, narrowed] = await Promise.all([
        world.manage.ask('DELETE', `${delegations()}/${id}`),
        world.manage.ask('PATCH', `${delegations()}/${id}`, { permissions: ['meetings:read'] }, { 'if-match': headers.get('etag') ?? '' }),
      ]);
      expect(ended.status).toBe(204);
      expect([200, 404, 409, 412]).toContain(narrowed.status);
      expect(await delegationsTo(ben!)).toEqual([]);
    }
  });

  test('the giver leaves and it is ended, in either order: dead, and no error of ours', async () => {
    for (const order of ['leave first', 'end first']) {
      const id = await delegate(chloe!);
      const token = await share();
      const steps = [() => world.manage.ask('DELETE', member(chloe!)), () => world.manage.ask('DELETE', `${delegations()}/${id}`)];
      for (const step of order === 'leave first' ? steps : steps.toReversed()) expect([204, 404]).toContain((await step()).status);
      expect(await from(token)).toEqual([]);
      await world.manage.post(`/tenants/${world.tenants.northwind}/members`, { user: chloe!.id });
      expect(await from(token)).toEqual([]);
    }
  });

  test('one of another tenant cannot be ended or read from here', async () => {
    const id = await delegate(ada!);
    const foreign = `/tenants/${world.tenants.contoso}/delegations/${id}`;
    for (const method of ['GET', 'DELETE']) expect((await world.manage.ask(method, foreign)).status).toBe(404);
    expect(await delegationsTo(ben!)).toHaveLength(1);
  });
});

test('I10 nothing broke, and the log holds no secret', () => {
  expect(aftermath(world)).toEqual([]);
});
