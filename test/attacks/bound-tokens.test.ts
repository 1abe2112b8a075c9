import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { EXCHANGE, launchSite } from '#test/launches/site.ts';
import { aftermath } from '#test/support/aftermath.ts';
import { dpopProof, newClientKey, type Changed, type ClientKey } from '#test/support/client-keys.ts';
import { createHttpBrowser } from '#test/support/http-browser.ts';
import { authorize, begin, connect, exchange, post } from '#test/support/oauth-flow.ts';
import { startWorld, type World } from '#test/support/world.ts';

let passed = 0;
let world: World;
let [key, otherKey]: ClientKey[] = [];
let meeting: string;
let grant: string;

beforeAll(async () => {
  world = await startWorld({ clock: () => Date.now() + passed });
  [key, otherKey] = await Promise.all([newClientKey('ES256'), newClientKey('Ed25519')]);
  const { tenants, people, manage } = world;
  await launchSite(world);
  ({ id: meeting } = await manage.post(`/tenants/${tenants.northwind}/contexts`, { kind: 'meeting', title: 'Planning', number: '555 0100', members: [{ user: people.ben.id, role: 'owner' }] }));
  ({ grant_id: grant } = (await connect(world, people.ben, { parameters: { tenant: tenants.northwind } })).tokens as never);
}, 60_000);
afterAll(() => world.stop());

const tokenEndpoint = () => `${world.issuer}/oauth/token`;
const boundTo = async (bound: ClientKey | undefined) => (bound ? { headers: { dpop: await dpopProof(bound, { url: tokenEndpoint() }) } } : {});

/** A token of `client_credentials`, bound to the key if there is one. */
async function ownToken(client: { id: string; secret: string | null }, scope: string | undefined, bound: ClientKey | undefined): Promise<string> {
  const { body } = await post(world, '/oauth/token', client, { grant_type: 'client_credentials', scope }, await boundTo(bound));
  expect(body.token_type).toBe(bound ? 'DPoP' : 'Bearer');
  return body.access_token;
}

async function bensToken(bound: ClientKey | undefined): Promise<string> {
  const attempt = begin(world, { parameters: { tenant: world.tenants.northwind } });
  const code = (await authorize(attempt, world.people.ben, { browser: createHttpBrowser() })).get('code');
  const { body } = await exchange(world, attempt, code, {}, (await boundTo(bound)).headers);
  return body.access_token;
}

/** For a context token, as an app gets it when it is opened. */
async function exchangedToken(bound: ClientKey | undefined): Promise<string> {
  const launch = await world.manage.post(`/tenants/${world.tenants.northwind}/launches`, { app: world.apps.scheduler.id, context: meeting, user: world.people.ben.id });
  const parameters = { grant_type: EXCHANGE, subject_token: launch.fields.context_token, subject_token_type: 'urn:ietf:params:oauth:token-type:jwt' };
  const { body } = await post(world, '/oauth/token', world.apps.scheduler, parameters, await boundTo(bound));
  expect(body.token_type).toBe(bound ? 'DPoP' : 'Bearer');
  return body.access_token;
}

interface Resource {
  readonly path: () => string;
  readonly tokenOf: (bound: ClientKey | undefined) => Promise<string>;
}

const RESOURCES: Readonly<Record<string, Resource>> = {
  'a grant': { path: () => `/oauth/grants/${grant}`, tokenOf: (bound) => ownToken(world.apps.scheduler, 'grant_management_query', bound) },
  'how the app stands': { path: () => `/api/v1/app/tenants/${world.tenants.northwind}`, tokenOf: (bound) => ownToken(world.apps.scheduler, undefined, bound) },
  'the management API': { path: () => '/api/v1/operators', tokenOf: (bound) => ownToken(world.assent.firstOperator, 'read', bound) },
  'what may be called in a context': { path: () => `/access/v1/contexts/${meeting}`, tokenOf: bensToken },
  'the people of a context, with what came of a launch': { path: () => `/access/v1/contexts/${meeting}/members`, tokenOf: exchangedToken },
  userinfo: { path: () => '/oauth/userinfo', tokenOf: bensToken },
};

describe.each(Object.entries(RESOURCES))('RFC 9449 at %s', (name, { path, tokenOf }) => {
  let [bound, unbound]: string[] = [];
  beforeAll(async () => {
    [bound, unbound] = [await tokenOf(key), await tokenOf(undefined)];
  }, 60_000);

  const url = () => world.issuer + path();
  const proofFor = (token: string | undefined, more: Changed & { by?: ClientKey; method?: string; to?: string } = {}) =>
    dpopProof(more.by ?? key!, { url: more.to ?? url(), method: more.method ?? 'GET', ...(token !== undefined && { token }), ...more });
  async function call(authorization: string, dpop?: string) {
    const response = await fetch(url(), { headers: { authorization, ...(dpop !== undefined && { dpop }) } });
    await response.text();
    return { status: response.status, challenge: response.headers.get('www-authenticate') ?? '' };
  }
  const refusal = (error: string) => ({ status: 401, challenge: expect.stringMatching(new RegExp(`^DPoP .*error="${error}".*algs="ES256 Ed25519 EdDSA"`)) });

  test('a bound token is good with a proof of its key, the scheme in any case of letters; an unbound one as before', async () => {
    expect((await call(`DPoP ${bound}`, await proofFor(bound))).status).toBe(200);
    expect((await call(`dpop ${bound}`, await proofFor(bound))).status).toBe(200);
    expect((await call(`DPoP ${bound}`, await proofFor(bound, { to: `${url()}?x=1#y` }))).status).toBe(200);
    expect((await call(`Bearer ${unbound}`)).status).toBe(200);
  });

  test('7.2 a bound token is refused as a bearer token', async () => {
    expect(await call(`Bearer ${bound}`)).toEqual(refusal('invalid_token'));
  });

  test('with a proof of another key it is refused', async () => {
    expect(await call(`DPoP ${bound}`, await proofFor(bound, { by: otherKey! }))).toEqual(refusal('invalid_token'));
  });

  test('a proof is good for one call', async () => {
    const proof = await proofFor(bound);
    expect((await call(`DPoP ${bound}`, proof)).status).toBe(200);
    expect(await call(`DPoP ${bound}`, proof)).toEqual(refusal('invalid_(token|dpop_proof)'));
  });

  test('xP13 also when it names a time as far ahead as is taken, and is there again as late as it could be', async () => {
    const proof = await proofFor(bound, { claims: { iat: Math.floor(Date.now() / 1000) + 290 } });
    expect((await call(`DPoP ${bound}`, proof)).status).toBe(200);
    passed += 580_000;
    expect((await call(`DPoP ${bound}`, proof)).status).toBe(401);
    passed -= 580_000;
  });

  test('a proof with a word of it wrong is refused', async () => {
    const now = Math.floor(Date.now() / 1000);
    const wrong: Record<string, Promise<string>> = {
      'for another method': proofFor(bound, { method: 'POST' }),
      'for another address': proofFor(bound, { to: `${world.issuer}/oauth/userinfo/x` }),
      'for another server': proofFor(bound, { to: url().replace('127.0.0.1', 'localhost') }),
      'without ath': proofFor(undefined),
      'for another token': proofFor(unbound),
      'too old': proofFor(bound, { claims: { iat: now - 310 } }),
      'too far ahead': proofFor(bound, { claims: { iat: now + 310 } }),
      'without jti': proofFor(bound, { claims: { jti: undefined } }),
      'without iat': proofFor(bound, { claims: { iat: undefined } }),
      'of another type': proofFor(bound, { header: { typ: 'JWT' } }),
      'two at once': Promise.all([proofFor(bound), proofFor(bound)]).then((both) => both.join(', ')),
      'no JWT': Promise.resolve('x'),
    };
    for (const [what, proof] of Object.entries(wrong)) {
      expect([what, await call(`DPoP ${bound}`, await proof)]).toEqual([what, refusal('invalid_dpop_proof')]);
    }
  });

  test('7.1 a token that nobody has is refused in the scheme it came with', async () => {
    const guessed = `${bound!.slice(0, -4)}0000`;
    expect(await call(`DPoP ${guessed}`, await proofFor(guessed))).toEqual(refusal('invalid_token'));
    expect(await call(`Bearer ${guessed}`)).toEqual({ status: 401, challenge: expect.stringMatching(/^Bearer .*error="invalid_token"/) });
  });

  test('an unbound token with a proof is refused: nobody shall believe that it is bound', async () => {
    expect(await call(`DPoP ${unbound}`, await proofFor(unbound))).toEqual(refusal('invalid_token'));
  });

  // The library answers these with 400.
  const ours = name !== 'userinfo';
  test('a scheme and a header that do not go together are refused', async () => {
    const answers = [await call(`DPoP ${bound}`), await call(`Bearer ${bound}`, await proofFor(bound)), await call(`Bearer ${unbound}`, await proofFor(unbound)), await call(`DPoP ${unbound}`)];
    expect(answers.map(({ status }) => status)).toEqual(ours ? [401, 401, 401, 401] : [400, 400, 400, 400]);
    expect(answers.slice(0, ours ? 2 : 0)).toEqual(ours ? [refusal('invalid_dpop_proof'), refusal('invalid_token')] : []);
  });

  test('the name of a proof that was refused is not used up', async () => {
    const jti = randomUUID();
    expect((await call(`Bearer ${bound}`, await proofFor(bound, { claims: { jti } }))).status).not.toBe(200);
    expect((await call(`DPoP ${bound}`, await proofFor(bound, { claims: { jti } }))).status).toBe(200);
  });
});

test('RFC 9449 7.1 what an app may not do with a bound token is said in its scheme', async () => {
  const bound = await ownToken(world.apps.scheduler, 'grant_management_query', key);
  const url = `${world.issuer}/oauth/grants/${grant}`;
  const response = await fetch(url, { method: 'DELETE', headers: { authorization: `DPoP ${bound}`, dpop: await dpopProof(key!, { url, method: 'DELETE', token: bound }) } });
  expect([response.status, response.headers.get('www-authenticate')]).toEqual([403, expect.stringMatching(/^DPoP error="insufficient_scope", .*scope="grant_management_revoke"/)]);
  await response.text();
});

test('RFC 9449 5.1 discovery says with which algorithms proofs may be signed', async () => {
  const metadata = await (await fetch(`${world.issuer}/.well-known/oauth-authorization-server`)).json();
  expect(metadata).toMatchObject({ dpop_signing_alg_values_supported: ['ES256', 'Ed25519', 'EdDSA'] });
});

test('I10 nothing broke, and the log holds no secret', () => {
  expect(aftermath(world)).toEqual([]);
});
