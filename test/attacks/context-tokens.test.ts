import { createHmac } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { decodeJwt, SignJWT } from 'jose';

import { claimsOf, EXCHANGE, headerOf, JWT, launchSite, postedBy, schedulerVersion, type LaunchSite } from '#test/launches/site.ts';
import { dpopProof, newClientKey } from '#test/support/client-keys.ts';
import { connect, introspect, post } from '#test/support/oauth-flow.ts';
import { registerApp } from '#test/support/register-app.ts';
import { approve, install, shut, tenantToken } from '#test/support/tenant-tokens.ts';
import { startWorld, type Person, type TestApp, type World } from '#test/support/world.ts';

let passed = 0;
let world: World;
let site: LaunchSite;
let northwind: string;
let people: World['people'];
let scheduler: TestApp;
let other: TestApp;
let meeting: string;

beforeAll(async () => {
  world = await startWorld({ clock: () => Date.now() + passed });
  site = await launchSite(world);
  ({ northwind } = world.tenants);
  ({ people } = world);
  ({ scheduler } = world.apps);
  other = await registerApp(world.manage, { name: 'Other', authMethod: 'client_secret_basic' }, { ...schedulerVersion('https://other.example'), permissions: { user: { required: ['meetings:read'] } } });
  meeting = await site.meeting({ [people.ada.id]: 'owner', [people.ben.id]: 'participant', [people.dan.id]: 'cohost' });
  await approved();
  for (const person of [people.ada, people.ben, people.dan]) await connect(world, person);
});
afterAll(() => world.stop());

const approved = () => approve(world, { permissions: { user: ['meetings:read', 'meetings:write'], tenant: ['meetings.all:read', 'rooms:read'] } });
const mint = async (person: Person = people.ben, more: object = {}): Promise<string> =>
  (await world.manage.post(`/tenants/${northwind}/launches`, { app: scheduler.id, user: person.id, context: meeting, ...more })).fields.context_token;
const refusal = async (token: string, ...rest: unknown[]): Promise<string> => {
  const { status, body } = await site.exchange(token, ...(rest as []));
  expect([400, 401]).toContain(status);
  expect(body.access_token).toBeUndefined();
  return body.error;
};

describe('S10 a context token', () => {
  test('is exchanged once for a user token that names the member and, as actor, the app', async () => {
    const token = await mint();
    const { status, body } = await site.exchange(token);
    expect([status, body]).toEqual([200, {
      access_token: expect.stringMatching(/^assent_ut_/),
      token_type: 'Bearer',
      expires_in: 3600,
      scope: 'openid profile email meetings:read',
      issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      grant_id: expect.stringMatching(/^gnt_/),
    }]);
    expect((await introspect(world, body.access_token)).body).toMatchObject({
      active: true, sub: people.ben.id, client_id: scheduler.id, tenant: northwind, identity: 'user', act: { sub: scheduler.id }, scope: body.scope,
    });
    const userinfo = await fetch(`${world.issuer}/oauth/userinfo`, { headers: { authorization: `Bearer ${body.access_token}` } });
    expect(await userinfo.json()).toMatchObject({ sub: people.ben.id });
    expect(await refusal(token)).toBe('invalid_grant');
    expect((await introspect(world, body.access_token)).body.active).toBe(true);
  });

  test('is exchanged for less when less is asked for, and never for more', async () => {
    expect((await site.exchange(await mint(), { scope: 'meetings:read' })).body.scope).toBe('meetings:read');
    for (const scope of ['meetings:write', 'shared_access', 'offline_access', 'manage', 'meetings.all:read']) expect([scope, await refusal(await mint(), { scope })]).toEqual([scope, 'invalid_scope']);
  });

  test('Z4 passes the person’s shared access on whatever is asked for, and says so', async () => {
    const prompt = { prompt: 'consent' };
    await connect(world, people.ben, { tick: ['shared_access'], parameters: prompt });
    const { body } = await site.exchange(await mint(), { scope: 'meetings:read' });
    expect([body.scope, (await introspect(world, body.access_token)).body.scope]).toEqual(['meetings:read shared_access', 'meetings:read shared_access']);
    await connect(world, people.ben, { untick: ['shared_access'], parameters: prompt });
    expect((await introspect(world, body.access_token)).body.scope).toBe('meetings:read');
  });

  test('is exchanged for a token of one platform API, and signed where that API wants it', async () => {
    const { audience } = world.resourceServers.meetings;
    const { body } = await site.exchange(await mint(), { resource: audience });
    expect((await introspect(world, body.access_token)).body).toMatchObject({ active: true, aud: audience, sub: people.ben.id });
    const signing = await world.manage.post('/resource-servers', { name: 'Signed', audience: 'https://signed.example', tokenFormat: 'jwt' });
    const jwt = (await site.exchange(await mint(), { resource: 'https://signed.example' })).body.access_token;
    expect(decodeJwt(jwt)).toMatchObject({ sub: people.ben.id, act: { sub: scheduler.id }, tenant: northwind, identity: 'user', aud: 'https://signed.example' });
    expect((await introspect(world, jwt, { as: { ...signing, audience: '' } })).body).toMatchObject({ active: true, sub: people.ben.id });
    expect(await refusal(await mint(), { resource: 'https://nowhere.example' })).toBe('invalid_target');
  });

  test('is exchanged for a token that is bound to the app’s key, when that proves it', async () => {
    const bound = await registerApp(world.manage, { name: 'Bound', authMethod: 'client_secret_basic', dpopBound: true }, { ...schedulerVersion('https://bound.example'), permissions: { user: { required: ['meetings:read'] } } });
    const key = await newClientKey('ES256');
    const url = `${world.issuer}/oauth/token`;
    const consent = await site.open(people.ada, {}, bound);
    const token = postedBy(await (await site.browserOf(people.ada)).submit(consent, { button: 'Authorize' })).context_token;
    expect((await site.exchange(token, {}, bound)).status).toBe(400);
    const form = { grant_type: EXCHANGE, subject_token: token, subject_token_type: JWT };
    const { status, body } = await post(world, '/oauth/token', bound, form, { headers: { dpop: await dpopProof(key, { url }) } });
    expect([status, body.token_type]).toEqual([200, 'DPoP']);
    expect((await introspect(world, body.access_token)).body).toMatchObject({ active: true, sub: people.ada.id, cnf: { jkt: expect.any(String) } });
  });

  test('is exchanged for a tenant token where the app is installed, which is like any other', async () => {
    const before = await mint();
    expect((await site.exchange(before, { identity: 'tenant' })).body).toMatchObject({ error: 'invalid_grant', error_description: expect.stringMatching(/^not_installed: /) });
    await install(world, people.ada);
    const { body } = await site.exchange(before, { identity: 'tenant' });
    expect(body.access_token).toMatch(/^assent_tt_/);
    const [mine, usual] = [(await introspect(world, body.access_token)).body, (await introspect(world, (await tenantToken(world)).body.access_token)).body];
    expect({ ...mine, exp: 0, iat: 0 }).toEqual({ ...usual, exp: 0, iat: 0 });
    expect(mine.sub).toMatch(/^ins_/);
    await world.manage.put(`/tenants/${northwind}/installations/${scheduler.id}/status`, { status: 'suspended' });
    expect(await refusal(await mint(), { identity: 'tenant' })).toBe('invalid_grant');
    await world.manage.put(`/tenants/${northwind}/installations/${scheduler.id}/status`, { status: 'active' });
  });

  test('I2 is exchanged for a tenant token that ends with the secret that the app came with', async () => {
    const app = await registerApp(world.manage, { name: 'Leaky', authMethod: 'client_secret_basic' }, schedulerVersion('https://leaky.example'));
    await approve(world, { app, permissions: { user: ['meetings:read'], tenant: ['meetings.all:read'] } });
    await install(world, people.ada, { app });
    await connect(world, people.ada, { app });
    const { secret } = await world.manage.post(`/apps/${app.id}/secrets`);
    const tokenWith = async (as: TestApp): Promise<string> => (await site.exchange(await mint(people.ada, { app: app.id, context: null }), { identity: 'tenant' }, as)).body.access_token;
    const [stolen, ours] = [await tokenWith(app), await tokenWith({ ...app, secret })];
    const active = async (token: string): Promise<boolean> => (await introspect(world, token)).body.active;
    expect([await active(stolen), await active(ours)]).toEqual([true, true]);
    const [{ id: first }] = (await world.manage.get(`/apps/${app.id}`)).secrets;
    await world.manage.remove(`/apps/${app.id}/secrets/${first}`);
    expect([await active(stolen), await active(ours)]).toEqual([false, true]);
  });

  test('is over when its time is, by the clock of the server', async () => {
    const token = await mint();
    passed += 270_000;
    expect((await site.exchange(await mint())).status).toBe(200);
    expect((await site.exchange(token)).status).toBe(200);
    const late = await mint();
    passed += 300_000;
    expect(await refusal(late)).toBe('invalid_grant');
  });

  test('gives a token that ends with the grant', async () => {
    const { body } = await site.exchange(await mint(people.dan));
    expect((await introspect(world, body.access_token)).body.active).toBe(true);
    await world.manage.remove(`/tenants/${northwind}/grants/${body.grant_id}`);
    expect((await introspect(world, body.access_token)).body.active).toBe(false);
    await connect(world, people.dan);
  });
});

describe('xX2 a context token', () => {
  test('is good for its own app alone, and only with that app’s credentials', async () => {
    const token = await mint();
    expect(await refusal(token, {}, other)).toBe('invalid_grant');
    expect(await refusal(token, {}, world.apps.notes)).toBe('invalid_request');
    expect(await refusal(token, {}, { ...scheduler, secret: 'guessed' })).toBe('invalid_client');
    expect(await refusal(token, {}, { ...scheduler, secret: null })).toBe('invalid_client');
    expect((await post(world, '/oauth/token', world.resourceServers.meetings, { grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange', subject_token: token })).status).toBe(400);
    expect((await site.exchange(token)).status).toBe(200);
  });

  test('opens nothing as a bearer token, and is none at introspection', async () => {
    const token = await mint();
    const userinfo = await fetch(`${world.issuer}/oauth/userinfo`, { headers: { authorization: `Bearer ${token}` } });
    expect(userinfo.status).toBe(401);
    const api = await fetch(`${world.issuer}/api/v1/tenants`, { headers: { authorization: `Bearer ${token}` } });
    expect(api.status).toBe(401);
    expect((await introspect(world, token)).body).toEqual({ active: false });
    const asked = await fetch(`${world.issuer}/access/v1/contexts/${meeting}`, { headers: { authorization: `Bearer ${token}` } });
    expect(asked.status).toBe(401);
    expect((await post(world, '/oauth/token', scheduler, { grant_type: 'refresh_token', refresh_token: token })).status).toBe(400);
    expect((await site.exchange(token)).status).toBe(200);
  });

  test('is not what an access token, an ID token or a JWT of another sort is', async () => {
    const { tokens } = await connect(world, people.dan);
    await world.manage.post('/resource-servers', { name: 'JWTs', audience: 'https://jwts.example', tokenFormat: 'jwt' });
    const jwt = (await site.exchange(await mint(), { resource: 'https://jwts.example' })).body.access_token;
    for (const text of [tokens.access_token, tokens.refresh_token, tokens['id_token'], jwt, 'x', 'a.b.c', '..', '']) {
      expect(['invalid_grant', 'invalid_request']).toContain(await refusal(text));
    }
    const token = await mint();
    for (const more of [
      { subject_token_type: 'urn:ietf:params:oauth:token-type:access_token' },
      { subject_token_type: undefined },
      { subject_token: undefined },
      { requested_token_type: 'urn:ietf:params:oauth:token-type:refresh_token' },
      { identity: 'user tenant' },
      { identity: 'owner' },
    ]) expect(await refusal(token, more)).toBe('invalid_request');
    expect((await site.exchange(token)).status).toBe(200);
  });

  test('says another tenant or user only by being another token: what a request adds is ignored', async () => {
    const { body } = await site.exchange(await mint(), { tenant: world.tenants.contoso, user: people.ada.id, sub: people.ada.id, actor_token: 'x', audience: 'x' });
    expect((await introspect(world, body.access_token)).body).toMatchObject({ sub: people.ben.id, tenant: northwind });
  });
});

describe('xP14 a context token that is forged', () => {
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

  test('is refused, whatever was changed', async () => {
    const token = await mint();
    const [head, claims] = [headerOf(token), claimsOf(token)];
    const [, body = '', signature = ''] = token.split('.');
    const stranger = await newClientKey('ES256');
    const byStranger = (header: object) => new SignJWT(claims).setProtectedHeader({ ...head, ...header }).sign(stranger.privateKey);
    const jwks = (await (await fetch(`${world.issuer}/oauth/jwks`)).json()) as { keys: { kid: string; alg: string }[] };
    const rsa = jwks.keys.find(({ alg }) => alg === 'RS256')!;
    const hmac = (secret: string) => {
      const input = `${encode({ ...head, alg: 'HS256' })}.${body}`;
      return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
    };
    const forged = [
      `${encode({ ...head, alg: 'none' })}.${body}.`,
      `${encode({ ...head, alg: 'none' })}.${body}.${signature}`,
      `${encode({ ...head, typ: 'JWT' })}.${body}.${signature}`,
      `${encode({ ...head, typ: 'at+jwt' })}.${body}.${signature}`,
      `${encode({ ...head, alg: 'RS256', kid: rsa.kid })}.${body}.${signature}`,
      ...[{ sub: people.ada.id }, { role: 'owner' }, { aud: other.id }, { exp: claims.exp + 9999 }, { jti: 'another' }, { tenant: world.tenants.contoso }].map((more) => `${encode(head)}.${encode({ ...claims, ...more })}.${signature}`),
      `${encode(head)}.${body}.`,
      `${encode(head)}.${body}.${signature}.${signature}`,
      hmac(JSON.stringify(jwks.keys[0])),
      hmac(''),
      await byStranger({}),
      await byStranger({ kid: 'evil', jku: 'https://evil.example/jwks' }),
      await byStranger({ kid: undefined, jwk: stranger.jwk }),
    ];
    for (const text of forged) expect([text, await refusal(text)]).toEqual([text, 'invalid_grant']);
    expect((await site.exchange(token)).status).toBe(200);
  });
});

describe('xX3 a context token is refused when meanwhile', () => {
  const member = (person: Person) => `/tenants/${northwind}/members/${person.id}`;
  const place = (person: Person) => `/tenants/${northwind}/contexts/${meeting}/members/${person.id}`;

  /** What happens, what mends it, and whether a token from before is good again then. */
  const meanwhile: [string, () => Promise<unknown>, () => Promise<unknown>, 'rested' | 'over'][] = [
    ['the app was switched off', () => world.manage.put(`/apps/${scheduler.id}/status`, { status: 'disabled' }), () => world.manage.put(`/apps/${scheduler.id}/status`, { status: 'active' }), 'rested'],
    ['the tenant was suspended', () => world.manage.put(`/tenants/${northwind}/status`, { status: 'suspended' }), () => world.manage.put(`/tenants/${northwind}/status`, { status: 'active' }), 'rested'],
    ['the person was disabled', () => world.manage.put(`/users/${people.dan.id}/status`, { status: 'disabled' }), () => world.manage.put(`/users/${people.dan.id}/status`, { status: 'active' }), 'rested'],
    ['the member was made inactive', () => world.manage.change(member(people.dan), { status: 'inactive' }), () => world.manage.change(member(people.dan), { status: 'active' }), 'rested'],
    ['the person has another role in the meeting', () => world.manage.put(place(people.dan), { role: 'participant' }), () => world.manage.put(place(people.dan), { role: 'cohost' }), 'rested'],
    ['the person left the meeting', () => world.manage.remove(place(people.dan)), () => world.manage.put(place(people.dan), { role: 'cohost' }), 'rested'],
    ['the approval was withdrawn', () => shut(world, 'withdrawn'), approved, 'over'],
    ['the approval was withdrawn and given again', async () => {
      await shut(world, 'withdrawn');
      await approved();
    }, async () => {}, 'over'],
    ['the grant was taken back', () => revokeGrantOf(people.dan), () => connect(world, people.dan), 'over'],
    ['the grant was taken back and given anew', async () => {
      await revokeGrantOf(people.dan);
      await connect(world, people.dan);
    }, async () => {}, 'over'],
    ['the member left and came back', async () => {
      await world.manage.remove(member(people.dan));
      await world.manage.post(`/tenants/${northwind}/members`, { user: people.dan.id });
      await world.manage.put(place(people.dan), { role: 'cohost' });
      await connect(world, people.dan);
    }, async () => {}, 'over'],
    ['the app was removed from the tenant', () => world.manage.remove(`/tenants/${northwind}/installations/${scheduler.id}?everything=true`), async () => {
      await approved();
      await connect(world, people.dan);
    }, 'over'],
    ['the meeting ended', () => world.manage.post(`/tenants/${northwind}/contexts/${meeting}/end`), async () => {}, 'over'],
  ];
  const revokeGrantOf = async (person: Person) => {
    const { items } = await world.manage.get(`/tenants/${northwind}/grants?user=${person.id}`);
    for (const { id } of items) await world.manage.remove(`/tenants/${northwind}/grants/${id}`);
  };

  test.each(meanwhile)('%s', async (_, happens, mend, after) => {
    const tokens = [await mint(people.dan), await mint(people.dan)];
    await happens();
    expect(['invalid_grant', 'invalid_client']).toContain(await refusal(tokens[0]!));
    await mend();
    expect((await site.exchange(tokens[1]!)).status).toBe(after === 'rested' ? 200 : 400);
  });
});
