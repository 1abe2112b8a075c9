import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { aftermath } from '#test/support/aftermath.ts';
import { atOnce, spread } from '#test/support/at-once.ts';
import { clientAssertion, dpopProof, newClientKey, type ClientKey } from '#test/support/client-keys.ts';
import { createHttpBrowser, type HttpBrowser } from '#test/support/http-browser.ts';
import { authorize, basicAuth, begin, connect, exchange, exchangeParameters, post } from '#test/support/oauth-flow.ts';
import { registerApp } from '#test/support/register-app.ts';
import { startTwoServers, type TwoServers } from '#test/support/two-servers.ts';
import type { TestApp } from '#test/support/world.ts';

let world: TwoServers;
let servers: readonly string[];
let browser: HttpBrowser;
let [grant, meeting]: string[] = [];
let [key, otherKey]: ClientKey[] = [];
/** Two apps that sign instead of having a secret. */
let [signer, otherSigner]: TestApp[] = [];

beforeAll(async () => {
  world = await startTwoServers();
  ({ servers } = world);
  [key, otherKey] = await Promise.all([newClientKey('ES256'), newClientKey('PS256')]);
  [signer, otherSigner] = await Promise.all(
    [key, otherKey].map((its, place) =>
      registerApp(
        world.manage,
        { name: `Signer ${place}`, authMethod: 'private_key_jwt', jwks: { keys: [its!.jwk] } },
        { redirectUris: ['https://signer.example/callback'], permissions: { user: { required: ['calendar:read'] } } },
      ),
    ),
  );
  browser = createHttpBrowser();
  ({ grant_id: grant } = (await connect(world, world.people.dan, { browser, parameters: { tenant: world.tenants.northwind } })).tokens as never);
  const members = [{ user: world.people.dan.id, role: 'owner' }];
  ({ id: meeting } = await world.manage.post(`/tenants/${world.tenants.northwind}/contexts`, { kind: 'meeting', title: 'Planning', number: '555 0100', members }));
}, 60_000);
afterAll(() => world.stop());

const tokenEndpoint = () => new URL('/oauth/token', world.issuer);
const assertion = (claims: object = {}) => clientAssertion(key!, { client: signer!.id, issuer: world.issuer, claims: { ...claims } });
const countOf = (answers: readonly { status: number }[], wanted: number) => answers.filter(({ status }) => status === wanted).length;

describe('xP13 I1 a client assertion', () => {
  test('sent five times in the same instant to two servers counts once; 15 rounds', async () => {
    for (let round = 0; round < 15; round += 1) {
      const answers = await atOnce(spread(servers, 5, tokenEndpoint(), { form: { grant_type: 'client_credentials', ...(await assertion()) } }));
      expect([countOf(answers, 200), countOf(answers, 401)]).toEqual([1, 4]);
    }
  }, 60_000);

  test('counts once over all endpoints together', async () => {
    const signed = await assertion();
    const answers = await atOnce(
      ['/oauth/token', '/oauth/introspect', '/oauth/revoke', '/oauth/par'].map((path, place) => ({
        url: new URL(path, servers[place % 2]),
        form: { grant_type: 'client_credentials', token: 'assent_ut_x', ...Object.fromEntries(begin(world, { app: signer! }).url.searchParams), ...signed },
      })),
    );
    expect(countOf(answers, 401)).toBe(3);
  });

  test('with the same jti is refused however else it differs; the same jti of another app is its own', async () => {
    const jti = randomUUID();
    const statusOf = async (signed: Promise<Record<string, string>>) => {
      const response = await fetch(tokenEndpoint(), { method: 'POST', body: new URLSearchParams({ grant_type: 'client_credentials', ...(await signed) }) });
      return response.status;
    };
    expect(await statusOf(assertion({ jti }))).toBe(200);
    expect(await statusOf(assertion({ jti, exp: Math.floor(Date.now() / 1000) + 200 }))).toBe(401);
    expect(await statusOf(clientAssertion(otherKey!, { client: otherSigner!.id, issuer: world.issuer, claims: { jti } }))).toBe(200);
  });

  test('is remembered by both servers after both were killed', async () => {
    const signed = await assertion();
    const [first] = await atOnce(spread(servers, 1, tokenEndpoint(), { form: { grant_type: 'client_credentials', ...signed } }));
    expect(first?.status).toBe(200);
    await Promise.all(world.assent.servers.map((server) => server.kill('SIGKILL')));
    await Promise.all(world.assent.servers.map((server) => server.restart()));
    const answers = await atOnce(spread(servers, 2, tokenEndpoint(), { form: { grant_type: 'client_credentials', ...signed } }));
    expect(countOf(answers, 401)).toBe(2);
  }, 60_000);
});

describe('xP13 I1 a DPoP proof', () => {
  const newCode = async () => {
    const attempt = begin(world);
    return { attempt, code: (await authorize(attempt, world.people.dan, { browser })).get('code') };
  };

  test('sent with five codes in the same instant to two servers counts once, and spoils none of the others; 6 rounds', async () => {
    for (let round = 0; round < 6; round += 1) {
      const codes = await Promise.all(Array.from({ length: 5 }, newCode));
      const dpop = await dpopProof(key!, { url: tokenEndpoint().href });
      const answers = await atOnce(
        codes.map(({ attempt, code }, place) => ({
          url: new URL('/oauth/token', servers[place % 2]),
          form: exchangeParameters(attempt, code),
          headers: { authorization: basicAuth(attempt.app), dpop },
        })),
      );
      expect([countOf(answers, 200), countOf(answers, 400)]).toEqual([1, 4]);
      for (const [place, { status }] of answers.entries()) {
        if (status === 200) continue;
        const { attempt, code } = codes[place]!;
        const fresh = await dpopProof(key!, { url: tokenEndpoint().href });
        expect((await exchange(world, attempt, code, {}, { dpop: fresh })).status).toBe(200);
      }
    }
  }, 60_000);

  const bound = async () => ({ headers: { dpop: await dpopProof(key!, { url: tokenEndpoint().href }) } });
  const bensToken = async () => {
    const { attempt, code } = await newCode();
    return (await exchange(world, attempt, code, {}, (await bound()).headers)).body.access_token as string;
  };
  const ownToken = async (client: { id: string; secret: string | null }, scope?: string) =>
    (await post(world, '/oauth/token', client, { grant_type: 'client_credentials', scope }, await bound())).body.access_token as string;

  test.each<[string, () => Promise<string>, () => string]>([
    ['userinfo', bensToken, () => '/oauth/userinfo'],
    ['what may be called in a context', bensToken, () => `/access/v1/contexts/${meeting}`],
    ['a grant', () => ownToken(world.apps.scheduler, 'grant_management_query'), () => `/oauth/grants/${grant}`],
    ['how the app stands', () => ownToken(world.apps.scheduler), () => `/api/v1/app/tenants/${world.tenants.northwind}`],
    ['the management API', () => ownToken(world.assent.firstOperator, 'read'), () => '/api/v1/operators'],
  ])('sent five times in the same instant to two servers for %s counts once; 5 rounds', async (_, tokenOf, path) => {
    const token = await tokenOf();
    const url = new URL(path(), world.issuer);
    for (let round = 0; round < 5; round += 1) {
      const dpop = await dpopProof(key!, { url: url.href, method: 'GET', token });
      const answers = await atOnce(spread(servers, 5, url, { headers: { authorization: `DPoP ${token}`, dpop } }));
      expect([countOf(answers, 200), countOf(answers, 401)]).toEqual([1, 4]);
    }
  });
});

test('I10 nothing broke, and the logs hold no secret', () => {
  expect(aftermath(world)).toEqual([]);
});
