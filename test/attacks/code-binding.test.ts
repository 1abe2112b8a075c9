import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import { aftermath } from '#test/support/aftermath.ts';
import { dpopProof, newClientKey, type ClientKey } from '#test/support/client-keys.ts';
import { createHttpBrowser, type HttpBrowser } from '#test/support/http-browser.ts';
import { authorize, begin, exchange, introspect, post, refresh, revoke, type Attempt } from '#test/support/oauth-flow.ts';
import { registerApp } from '#test/support/register-app.ts';
import { startWorld, type TestApp, type World } from '#test/support/world.ts';

let world: World;
let ahead = 0;
/** Another app, with a secret of its own. */
let rival: TestApp;
let browser: HttpBrowser;
let [mine, theirs]: ClientKey[] = [];
let tokenUrl: string;

beforeAll(async () => {
  world = await startWorld({ clock: () => Date.now() + ahead, settings: { ASSENT_TTL_CODE: '120' } });
  tokenUrl = `${world.issuer}/oauth/token`;
  rival = await registerApp(
    world.manage,
    { name: 'Rival', authMethod: 'client_secret_basic' },
    { redirectUris: ['https://rival.example/callback'], permissions: { user: { required: ['meetings:read'] } } },
  );
  [mine, theirs] = await Promise.all([newClientKey(), newClientKey()]);
  browser = createHttpBrowser();
});
beforeEach(() => {
  ahead = 0;
});
afterAll(() => world.stop());

async function newCode(parameters: Record<string, string> = {}): Promise<{ attempt: Attempt; code: string }> {
  const attempt = begin(world, { parameters });
  return { attempt, code: (await authorize(attempt, world.people.dan, { browser })).get('code') ?? '' };
}

const proof = async (key: ClientKey | undefined): Promise<Record<string, string>> => ({ dpop: await dpopProof(key!, { url: tokenUrl }) });
const refused = { status: 400, body: { error: 'invalid_grant' } };

test('xP2 a code that comes back after 30 s is refused, and every token that came of it is dead', async () => {
  const { attempt, code } = await newCode();
  const first = await exchange(world, attempt, code);
  const renewed = await refresh(world, attempt.app, first.body.refresh_token);
  ahead = 30_000;
  expect((await introspect(world, renewed.body.access_token)).body.active).toBe(true);
  expect(await exchange(world, attempt, code)).toMatchObject(refused);
  for (const token of [first.body.access_token, renewed.body.access_token]) expect((await introspect(world, token)).body).toEqual({ active: false });
  expect(await refresh(world, attempt.app, renewed.body.refresh_token)).toMatchObject(refused);
});

describe('xP3 a code is good for nobody but the app that asked for it', () => {
  const attempts: [string, (made: { attempt: Attempt; code: string }) => ReturnType<typeof exchange>][] = [
    ['by another app with its own secret', ({ attempt, code }) => exchange(world, { ...attempt, app: { ...rival, redirectUri: attempt.app.redirectUri } }, code)],
    ['by another app with its own redirect URI too', ({ attempt, code }) => exchange(world, { ...attempt, app: rival }, code)],
    ['by a public app', ({ attempt, code }) => exchange(world, { ...attempt, app: world.apps.notes }, code)],
    ['with another redirect URI of somebody', ({ attempt, code }) => exchange(world, attempt, code, { redirect_uri: 'https://evil.example/callback' })],
    ['with a redirect URI that goes on', ({ attempt, code }) => exchange(world, attempt, code, { redirect_uri: `${attempt.app.redirectUri}/` })],
    ['with another verifier', ({ attempt, code }) => exchange(world, { ...attempt, verifier: begin(world).verifier }, code)],
    ['with the challenge as verifier', ({ attempt, code }) => exchange(world, { ...attempt, verifier: attempt.url.searchParams.get('code_challenge') ?? '' }, code)],
    ['without a verifier', ({ attempt, code }) => exchange(world, attempt, code, { code_verifier: undefined })],
    ['cut short', ({ attempt, code }) => exchange(world, attempt, code.slice(0, -1))],
    ['with one letter changed', ({ attempt, code }) => exchange(world, attempt, `${code.slice(0, -8)}${code.at(-8) === 'A' ? 'B' : 'A'}${code.slice(-7)}`)],
    ['as a refresh token', ({ attempt, code }) => refresh(world, attempt.app, code)],
  ];
  test.each(attempts)('%s it is refused, and stays good for its own', async (_, attack) => {
    const made = await newCode();
    expect(await attack(made)).toMatchObject(refused);
    expect((await exchange(world, made.attempt, made.code)).status).toBe(200);
  });

  test('without a redirect URI the request is refused', async () => {
    const { attempt, code } = await newCode();
    expect(await exchange(world, attempt, code, { redirect_uri: undefined })).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
  });

  test.each([
    ['a wrong secret', (app: TestApp) => ({ ...app, secret: rival.secret })],
    ['no secret', (app: TestApp) => ({ ...app, secret: null })],
  ])('with %s the app is not who it says', async (_, as) => {
    const { attempt, code } = await newCode();
    expect(await exchange(world, { ...attempt, app: as(attempt.app) }, code)).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
    expect((await exchange(world, attempt, code)).status).toBe(200);
  });

  test('bound to a key (dpop_jkt) it is refused to another key and to none', async () => {
    const { attempt, code } = await newCode({ dpop_jkt: mine!.jwk.kid });
    expect(await exchange(world, attempt, code)).toMatchObject({ status: 400 });
    expect(await exchange(world, attempt, code, {}, await proof(theirs))).toMatchObject(refused);
    const good = await exchange(world, attempt, code, {}, await proof(mine));
    expect(good).toMatchObject({ status: 200, body: { token_type: 'DPoP' } });
    expect((await introspect(world, good.body.access_token)).body).toMatchObject({ token_type: 'DPoP', cnf: { jkt: mine!.jwk.kid } });
  });

  test('bound to a key, the access token is no bearer token and no good with another key', async () => {
    const { attempt, code } = await newCode();
    const { body } = await exchange(world, attempt, code, {}, await proof(mine));
    const userinfo = `${world.issuer}/oauth/userinfo`;
    const ask = async (headers: Record<string, string>) => (await fetch(userinfo, { headers })).status;
    const by = async (key: ClientKey, token = body.access_token) => ({
      authorization: `DPoP ${body.access_token}`,
      dpop: await dpopProof(key, { url: userinfo, method: 'GET', token }),
    });
    expect(await ask({ authorization: `Bearer ${body.access_token}` })).toBe(401);
    expect(await ask(await by(theirs!))).toBe(401);
    expect(await ask(await by(mine!, 'another token'))).toBe(401);
    expect(await ask(await by(mine!))).toBe(200);
  });
});

describe('xP3 a refresh token is good for nobody but the app that it was given to', () => {
  const newTokens = async () => {
    const { attempt, code } = await newCode();
    return (await exchange(world, attempt, code)).body;
  };

  const attempts: [string, (token: string) => ReturnType<typeof refresh>][] = [
    ['by another app', (token) => refresh(world, rival, token)],
    ['by a public app', (token) => refresh(world, world.apps.notes, token)],
    ['cut short', (token) => refresh(world, world.apps.scheduler, token.slice(0, -1))],
    ['as a code', (token) => exchange(world, begin(world), token)],
  ];
  test.each(attempts)('%s it is refused, and stays good for its own', async (_, attack) => {
    const { refresh_token: token } = await newTokens();
    expect(await attack(token)).toMatchObject(refused);
    expect((await refresh(world, world.apps.scheduler, token)).status).toBe(200);
  });

  test('another app cannot revoke it, nor the access token, and learns nothing', async () => {
    const tokens = await newTokens();
    for (const token of [tokens.refresh_token, tokens.access_token]) {
      const [foreign, unknown] = [await revoke(world, rival, token), await revoke(world, rival, 'assent_rt_nonsense')];
      expect([foreign.status, foreign.body]).toEqual([unknown.status, unknown.body]);
    }
    expect((await introspect(world, tokens.access_token)).body.active).toBe(true);
    expect((await refresh(world, world.apps.scheduler, tokens.refresh_token)).status).toBe(200);
  });

  test('it buys no more than the person gave', async () => {
    const { refresh_token: token } = await newTokens();
    for (const scope of ['openid meetings:write', 'meetings:read full_control', 'manage']) {
      expect(await refresh(world, world.apps.scheduler, token, { scope })).toMatchObject({ status: 400, body: { error: 'invalid_scope' } });
    }
    const asked = await refresh(world, world.apps.scheduler, token, { scope: 'openid meetings:read shared_access' });
    expect([asked.status, asked.body.scope]).toEqual([200, 'openid meetings:read']);
  });

  test('of a public app that proved a key, it is refused to another key and to none', async () => {
    const attempt = begin(world, { app: world.apps.notes, parameters: { scope: 'openid offline_access calendar:read' } });
    const code = (await authorize(attempt, world.people.dan, { browser })).get('code');
    const { body } = await exchange(world, attempt, code, {}, await proof(mine));
    expect((await refresh(world, world.apps.notes, body.refresh_token)).status).toBe(400);
    expect((await refresh(world, world.apps.notes, body.refresh_token, {}, await proof(theirs))).status).toBe(400);
    expect((await refresh(world, world.apps.notes, body.refresh_token, {}, await proof(mine))).status).toBe(200);
  });
});

test('an app that may only come with a key gets no bearer token', async () => {
  const app = await registerApp(
    world.manage,
    { name: 'Bound', authMethod: 'client_secret_basic', dpopBound: true },
    { redirectUris: ['https://bound.example/'], permissions: { user: { required: ['meetings:read'] } } },
  );
  const attempt = begin(world, { app });
  const code = (await authorize(attempt, world.people.dan, { browser })).get('code');
  expect(await exchange(world, attempt, code)).toMatchObject(refused);
  expect(await exchange(world, attempt, code, {}, await proof(mine))).toMatchObject({ status: 200, body: { token_type: 'DPoP' } });
});

test('nobody gets a token with a grant type that is not theirs', async () => {
  const { meetings } = world.resourceServers;
  for (const [client, parameters] of [
    [meetings, { grant_type: 'client_credentials' }],
    [meetings, { grant_type: 'authorization_code', code: 'x', redirect_uri: 'https://x.example/' }],
    [world.apps.notes, { grant_type: 'client_credentials' }],
    [world.assent.firstOperator, { grant_type: 'authorization_code', code: 'x', redirect_uri: 'https://x.example/' }],
    [rival, { grant_type: 'password', username: world.people.dan.email, password: world.people.dan.password }],
    [rival, { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: 'x' }],
    [rival, { grant_type: 'implicit' }],
    [rival, { grant_type: 'constructor' }],
  ] as const) {
    const { status, body } = await post(world, '/oauth/token', client, parameters);
    expect({ parameters, status, error: /^(unauthorized_client|unsupported_grant_type|invalid_request)$/.test(body.error) }).toEqual({ parameters, status: 400, error: true });
  }
});

test('I10 nothing broke, and the log holds no secret', () => {
  expect(aftermath(world)).toEqual([]);
});
