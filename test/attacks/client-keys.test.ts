import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { keyThumbprint } from '#src/apps/jwks.ts';
import { credentialStands } from '#src/oauth/credentials.ts';
import { aftermath } from '#test/support/aftermath.ts';
import { clientAssertion, newClientKey, type ClientKey } from '#test/support/client-keys.ts';
import { introspect, post } from '#test/support/oauth-flow.ts';
import { registerApp } from '#test/support/register-app.ts';
import { EVERYBODYS, install } from '#test/support/tenant-tokens.ts';
import { startWorld, type World } from '#test/support/world.ts';

let world: World;
let [first, second]: ClientKey[] = [];

beforeAll(async () => {
  world = await startWorld();
  await world.manage.change(`/resource-servers/${world.resourceServers.meetings.id}`, { tokenFormat: 'jwt' });
  [first, second] = await Promise.all([newClientKey(), newClientKey()]);
}, 60_000);
afterAll(() => world.stop());

type Jwk = Readonly<Record<string, unknown>>;
const nameless = ({ jwk: { kid: _, ...rest } }: ClientKey): Jwk => rest;
const named = ({ jwk }: ClientKey, kid: string): Jwk => ({ ...jwk, kid });

/** An app with these keys, installed in Northwind. */
async function signerWith(keys: readonly Jwk[]): Promise<string> {
  const app = await registerApp(
    world.manage,
    { name: 'Signer', authMethod: 'private_key_jwt', jwks: { keys } },
    { redirectUris: ['https://signer.example/callback'], permissions: { tenant: { required: [EVERYBODYS] } } },
  );
  await install(world, world.people.ada, { app });
  return app.id;
}

const setKeys = (app: string, keys: readonly Jwk[]): Promise<unknown> => world.manage.change(`/apps/${app}`, { jwks: { keys } });

/** What the key gets: an opaque tenant token, a signed one, and the app's own. `kid` is what the assertion names. */
async function minted(app: string, key: ClientKey, kid?: string) {
  const token = async (parameters: Record<string, string>): Promise<string> => {
    const assertion = await clientAssertion(key, { client: app, issuer: world.issuer, header: { kid } });
    const { status, body } = await post(world, '/oauth/token', { id: app, secret: null }, { grant_type: 'client_credentials', ...parameters, ...assertion });
    expect([status, body]).toEqual([200, expect.objectContaining({ access_token: expect.any(String) })]);
    return body.access_token;
  };
  const tenant = world.tenants.northwind;
  const [opaque, jwt, own] = [await token({ tenant }), await token({ tenant, resource: world.resourceServers.meetings.audience }), await token({})];
  return async () => {
    const standing = await fetch(`${world.issuer}/api/v1/app/tenants/${tenant}`, { headers: { authorization: `Bearer ${own}` } });
    await standing.text();
    const asked = [await introspect(world, opaque), await introspect(world, jwt)];
    return [...asked.map(({ body }) => body.active as boolean), standing.status === 200];
  };
}

const ALIVE = [true, true, true];
const DEAD = [false, false, false];

describe('I2 what an app got with a key ends when that key is taken away, and nothing else', () => {
  test.each([0, 1])('of two keys without names, when number %i is', async (gone) => {
    const keys = [first!, second!];
    const app = await signerWith(keys.map(nameless));
    const alive = [await minted(app, keys[0]!), await minted(app, keys[1]!)];
    expect(await Promise.all(alive.map((ask) => ask()))).toEqual([ALIVE, ALIVE]);
    await setKeys(app, keys.filter((_, place) => place !== gone).map(nameless));
    expect(await Promise.all(alive.map((ask) => ask()))).toEqual([0, 1].map((place) => (place === gone ? DEAD : ALIVE)));
  });

  test('of two keys with one name', async () => {
    const app = await signerWith([named(first!, 'key'), named(second!, 'key')]);
    const [a, b] = [await minted(app, first!, 'key'), await minted(app, second!, 'key')];
    await setKeys(app, [named(first!, 'key')]);
    expect([await a(), await b()]).toEqual([ALIVE, DEAD]);
  });

  test('of two keys with names, when the assertion tells none', async () => {
    const app = await signerWith([named(first!, 'a'), named(second!, 'b')]);
    const alive = await minted(app, second!);
    await setKeys(app, [named(first!, 'a')]);
    expect(await alive()).toEqual(DEAD);
  });

  test('also when another key comes under its name', async () => {
    const app = await signerWith([named(first!, 'key')]);
    const alive = await minted(app, first!, 'key');
    expect(await alive()).toEqual(ALIVE);
    await setKeys(app, [named(second!, 'key')]);
    expect(await alive()).toEqual(DEAD);
  });

  test('a key that is only called otherwise has not gone, and one that comes beside it takes nothing', async () => {
    const app = await signerWith([nameless(first!)]);
    const alive = await minted(app, first!);
    await setKeys(app, [nameless(second!), named(first!, 'now with a name')]);
    expect(await alive()).toEqual(ALIVE);
  });
});

test('RFC 7638 a key is known by its thumbprint; tokens from before know it by its name', async () => {
  // The example of RFC 7638 section 3.1.
  const n =
    '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw';
  expect(keyThumbprint({ kty: 'RSA', n, e: 'AQAB', alg: 'RS256', kid: '2011-04-29' })).toBe('NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs');
  for (const key of [first!, await newClientKey('Ed25519'), await newClientKey('PS256')]) expect(keyThumbprint(key.jwk)).toBe(key.jwk.kid);
  const app = { secrets: [], jwks: { keys: [named(first!, 'a b')] } };
  expect([credentialStands(app, 'key a b'), credentialStands(app, 'key b'), credentialStands(app, `jwk ${first!.jwk.kid}`), credentialStands(app, 'jwk a b')]).toEqual([true, false, true, false]);
});

test('I10 nothing broke, and the log holds no secret', () => {
  expect(aftermath(world)).toEqual([]);
});
