import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';

import { aftermath } from '#test/support/aftermath.ts';
import type { AssentProcess } from '#test/support/assent-server.ts';
import { dpopProof, newClientKey } from '#test/support/client-keys.ts';
import { createHttpBrowser, type HttpBrowser } from '#test/support/http-browser.ts';
import { authorize, begin, connect, exchange, introspect, post, refresh, revoke, SCOPE } from '#test/support/oauth-flow.ts';
import { registerApp } from '#test/support/register-app.ts';
import { startWorldOfProcesses, type World } from '#test/support/world.ts';

let world: World<AssentProcess>;
let browser: HttpBrowser;
let resource: string;

/** The Meetings API chose JWTs. */
beforeAll(async () => {
  world = await startWorldOfProcesses(1);
  const { id, audience } = world.resourceServers.meetings;
  await world.manage.change(`/resource-servers/${id}`, { tokenFormat: 'jwt' });
  resource = audience;
  browser = createHttpBrowser();
}, 60_000);
afterAll(() => world.stop());

const connected = async (parameters: Record<string, string> = {}) => (await connect(world, world.people.dan, { browser, parameters: { resource, ...parameters } })).tokens;
const keys = () => createRemoteJWKSet(new URL(`${world.issuer}/oauth/jwks`));
/** As a resource server that knows no more than our metadata checks it. */
const verify = (token: string) => jwtVerify(token, keys(), { issuer: world.issuer, audience: resource, typ: 'at+jwt', algorithms: ['ES256'] });

describe('a JWT access token (RFC 9068)', () => {
  test('is signed with a published key and says whom it is for, what it may and that it ends within 300 s', async () => {
    const { access_token: token, expires_in: seconds } = await connected();
    const { payload, protectedHeader } = await verify(token);
    expect(protectedHeader).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: expect.any(String) });
    expect(payload).toMatchObject({
      iss: world.issuer,
      aud: resource,
      sub: world.people.dan.id,
      client_id: world.apps.scheduler.id,
      tenant: world.tenants.northwind,
      identity: 'user',
      jti: expect.any(String),
      iat: expect.any(Number),
    });
    expect(String(payload['scope']).split(' ').toSorted()).toEqual(SCOPE.split(' ').toSorted());
    expect(payload.exp! - payload.iat!).toBeLessThanOrEqual(300);
    expect(seconds).toBe(payload.exp! - payload.iat!);
  });

  test('holds nobody’s name or address, and no grant that somebody could guess at', async () => {
    const { access_token: token } = await connected();
    const text = JSON.stringify(decodeJwt(token));
    expect(text).not.toContain(world.people.dan.email);
    expect(text).not.toContain(world.people.dan.name);
    expect(Object.keys(decodeJwt(token)).toSorted()).toEqual(['aud', 'client_id', 'exp', 'iat', 'identity', 'iss', 'jti', 'scope', 'sub', 'tenant']);
  });

  test('is new with each refresh; the refresh token stays opaque and revocable, and stops the next', async () => {
    const tokens = await connected();
    const renewed = await refresh(world, world.apps.scheduler, tokens.refresh_token);
    const [{ payload: one }, { payload: other }] = [await verify(tokens.access_token), await verify(renewed.body.access_token)];
    expect(one.jti).not.toBe(other.jti);
    expect(renewed.body.refresh_token).toMatch(/^assent_rt_/);
    expect((await revoke(world, world.apps.scheduler, renewed.body.refresh_token)).status).toBe(200);
    expect((await refresh(world, world.apps.scheduler, renewed.body.refresh_token)).body.error).toBe('invalid_grant');
  });

  test('I3 tells whoever introspects it what is true now, and is inactive from the moment it is revoked', async () => {
    const { access_token: token, refresh_token: renewal } = await connected();
    const { payload } = await verify(token);
    const { body } = await introspect(world, token);
    expect(body).toMatchObject({ active: true, client_id: payload['client_id'], sub: payload.sub, scope: payload['scope'], exp: payload.exp, tenant: payload['tenant'] });
    expect((await introspect(world, token, { as: world.resourceServers.archive })).body).toEqual({ active: false });

    await revoke(world, world.apps.notes, token);
    expect((await introspect(world, token)).body.active).toBe(true);
    expect((await revoke(world, world.apps.scheduler, token)).status).toBe(200);
    expect((await introspect(world, token)).body).toEqual({ active: false });
    const next = (await refresh(world, world.apps.scheduler, renewal)).body;
    expect((await introspect(world, next.access_token)).body.active).toBe(true);
    expect((await revoke(world, world.apps.scheduler, next.refresh_token)).status).toBe(200);
    expect((await introspect(world, next.access_token)).body).toEqual({ active: false });
  });

  test('is inactive for whoever asks when we did not sign it, or not as an access token; its name alone, which may stand in logs, is none', async () => {
    const { access_token: token, id_token: idToken } = await connected();
    const [header = '', claims = '', signature = ''] = token.split('.');
    const wider = Buffer.from(JSON.stringify({ ...decodeJwt(token), scope: 'full_control' })).toString('base64url');
    const none = Buffer.from(JSON.stringify({ alg: 'none', typ: 'at+jwt' })).toString('base64url');
    for (const text of [idToken, `${header}.${wider}.${signature}`, `${none}.${claims}.`, `${header}.${claims}.`, 'a.b.c', String(decodeJwt(token).jti)]) {
      expect([text, (await introspect(world, text)).body]).toEqual([text, { active: false }]);
      expect((await revoke(world, world.apps.scheduler, text)).status).toBe(200);
    }
    expect((await introspect(world, token)).body.active).toBe(true);
  });

  test('opens nothing of ours: no userinfo, no management API', async () => {
    const { access_token: token } = await connected();
    for (const path of ['/oauth/userinfo', '/api/v1/tenants']) {
      expect((await fetch(world.issuer + path, { headers: { authorization: `Bearer ${token}` } })).status).toBe(401);
    }
    expect((await refresh(world, world.apps.scheduler, token)).body.error).toBe('invalid_grant');
  });

  test('names the key that it is bound to', async () => {
    const key = await newClientKey();
    const attempt = begin(world, { parameters: { resource, tenant: world.tenants.northwind } });
    const code = (await authorize(attempt, world.people.dan, { browser })).get('code');
    const { body } = await exchange(world, attempt, code, {}, { dpop: await dpopProof(key, { url: `${world.issuer}/oauth/token` }) });
    expect(body.token_type).toBe('DPoP');
    expect((await verify(body.access_token)).payload['cnf']).toEqual({ jkt: key.jwk.kid });
  });

  test('carries shared access where the person ticked it, and not where not', async () => {
    const ticked = await connect(world, world.people.ben, { parameters: { resource }, tick: ['shared_access'] });
    expect(String((await verify(ticked.tokens.access_token)).payload['scope']).split(' ')).toContain('shared_access');
    expect(String((await verify((await connected()).access_token)).payload['scope']).split(' ')).not.toContain('shared_access');
  });

  test('is told from an ID token by its typ, and the other way round', async () => {
    const { id_token: idToken, access_token: token } = await connected();
    expect(decodeProtectedHeader(idToken).typ).not.toBe('at+jwt');
    await expect(verify(idToken)).rejects.toThrow();
    await expect(jwtVerify(token, keys(), { audience: world.apps.scheduler.id })).rejects.toThrow();
  });

  test('that a stranger alters, re-signs or ends later does not verify', async () => {
    const { access_token: token } = await connected();
    const [header = '', claims = '', signature = ''] = token.split('.');
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const forged = [
      `${header}.${encode({ ...decodeJwt(token), scope: 'full_control' })}.${signature}`,
      `${encode({ alg: 'none', typ: 'at+jwt' })}.${claims}.`,
      `${encode({ ...decodeProtectedHeader(token), alg: 'HS256' })}.${claims}.${signature}`,
      `${header}.${claims}.${signature.split('').toReversed().join('')}`,
    ];
    for (const text of forged) await expect(verify(text)).rejects.toThrow();
  });

  test('of an app in a tenant has the installation as its subject', async () => {
    const app = await registerApp(
      world.manage,
      { name: 'Notifier', authMethod: 'client_secret_basic' },
      { redirectUris: ['https://notifier.example/callback'], permissions: { tenant: { required: ['notices:send'] } } },
    );
    const tenant = world.tenants.northwind;
    const attempt = begin(world, { app, parameters: { identity: 'tenant', scope: 'notices:send', nonce: undefined, tenant, resource } });
    const code = (await authorize(attempt, world.people.ada, { button: 'Install' })).get('code');
    const byCode = await exchange(world, attempt, code);
    const byCredentials = await post(world, '/oauth/token', app, { grant_type: 'client_credentials', tenant, resource });
    for (const { status, body } of [byCode, byCredentials]) {
      expect(status).toBe(200);
      const { payload } = await verify(body.access_token);
      expect(payload).toMatchObject({ sub: expect.stringMatching(/^ins_/), tenant, identity: 'tenant', client_id: app.id, scope: 'notices:send' });
      expect(payload.exp! - payload.iat!).toBeLessThanOrEqual(300);
    }
  });
});

describe('the keys', () => {
  const published = async (): Promise<Record<string, unknown>[]> => ((await (await fetch(`${world.issuer}/oauth/jwks`)).json()) as { keys: Record<string, unknown>[] }).keys;

  test('are published without their private parts, ES256 and RS256, each with a name of its own', async () => {
    const all = await published();
    expect(new Set(all.map(({ alg }) => alg))).toEqual(new Set(['ES256', 'RS256']));
    expect(new Set(all.map(({ kid }) => kid)).size).toBe(all.length);
    for (const key of all) for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k', 'oth']) expect(key).not.toHaveProperty(member);
  });

  test('are the same after a restart and after kill -9: what was signed before verifies, and so does what is signed after', async () => {
    const before = await published();
    const { access_token: token, id_token: idToken } = await connected();
    const [server] = world.assent.servers;
    for (const end of [() => server!.stop(), () => server!.kill('SIGKILL')]) {
      await end();
      await server!.restart();
      expect(await published()).toEqual(before);
      await verify(token);
      await jwtVerify(idToken, keys(), { issuer: world.issuer, audience: world.apps.scheduler.id });
      expect(decodeProtectedHeader((await connected()).access_token).kid).toBe(decodeProtectedHeader(token).kid);
    }
  }, 60_000);
});

test('I10 nothing broke, and the log holds no secret', () => {
  expect(aftermath(world)).toEqual([]);
});
