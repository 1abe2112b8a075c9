import { createHmac, randomUUID } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { exportSPKI, importJWK, SignJWT, type CryptoKey } from 'jose';

import { aftermath } from '#test/support/aftermath.ts';
import { clientAssertion, dpopProof, newClientKey, type Changed, type ClientKey } from '#test/support/client-keys.ts';
import { createHttpBrowser, type HttpBrowser } from '#test/support/http-browser.ts';
import { authorize, begin, connect, exchange } from '#test/support/oauth-flow.ts';
import { registerApp } from '#test/support/register-app.ts';
import { startWorld, type TestApp, type World } from '#test/support/world.ts';

let world: World;
let browser: HttpBrowser;
let [key, rsaKey, stranger]: ClientKey[] = [];
/** Signs with `key` or `rsaKey`. */
let signer: TestApp;
let tokenUrl: string;

beforeAll(async () => {
  world = await startWorld();
  tokenUrl = `${world.issuer}/oauth/token`;
  [key, rsaKey, stranger] = await Promise.all([newClientKey('ES256'), newClientKey('RS256'), newClientKey('ES256')]);
  signer = await registerApp(
    world.manage,
    { name: 'Signer', authMethod: 'private_key_jwt', jwks: { keys: [key!.jwk, rsaKey!.jwk] } },
    { redirectUris: ['https://signer.example/callback'], permissions: { user: { required: ['calendar:read'] } } },
  );
  browser = createHttpBrowser();
  await connect(world, world.people.dan, { browser });
});
afterAll(() => world.stop());

const now = () => Math.floor(Date.now() / 1000);
const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const unsigned = (header: object, claims: object, signature = ''): string => `${encode(header)}.${encode(claims)}.${signature}`;
const hmac = (secret: string | Buffer, header: object, claims: object): string => {
  const input = `${encode(header)}.${encode(claims)}`;
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
};
const spki = async ({ jwk }: ClientKey): Promise<string> => exportSPKI((await importJWK(jwk, undefined, { extractable: true })) as CryptoKey);
/** A JWT with its header or its claims put in place of what was signed. */
const altered = (jwt: string, part: 0 | 1, members: object): string => {
  const parts = jwt.split('.');
  parts[part] = encode({ ...JSON.parse(Buffer.from(parts[part]!, 'base64url').toString()), ...members });
  return parts.join('.');
};

describe('xP14 a client assertion', () => {
  const claims = (more: object = {}) => ({ iss: signer.id, sub: signer.id, aud: world.issuer, jti: randomUUID(), iat: now(), exp: now() + 60, ...more });
  const send = async (assertion: string, more: Record<string, string> = {}) => {
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion,
      ...more,
    });
    const response = await fetch(tokenUrl, { method: 'POST', body });
    return { status: response.status, body: (await response.json()) as any };
  };
  const signed = async (changed: Changed = {}, by = key!): Promise<string> =>
    (await clientAssertion(by, { client: signer.id, issuer: world.issuer, ...changed })).client_assertion;

  test('that is sound is accepted, so the refusals below are no accident', async () => {
    expect((await send(await signed())).status).toBe(200);
    expect((await send(await signed({}, rsaKey))).status).toBe(200);
    expect((await send(await signed({ claims: { aud: tokenUrl } }))).status).toBe(200);
    expect((await send(await signed({ header: { typ: undefined } }))).status).toBe(200);
    // A NumericDate may have fractions (RFC 7519 section 2), and clocks of many languages give them.
    expect((await send(await signed({ claims: { iat: now() - 0.1234567, exp: now() + 600.1234567 } }))).status).toBe(200);
    expect((await send(await signed({ header: { typ: 'client-authentication+jwt' } }))).status).toBe(200);
  });

  const forgeries: [string, () => string | Promise<string>][] = [
    ['alg none', () => unsigned({ alg: 'none' }, claims())],
    ['alg None, and a signature of something', () => unsigned({ alg: 'None', kid: key!.jwk.kid }, claims(), 'AAAA')],
    ['no alg', () => unsigned({ typ: 'JWT' }, claims())],
    ['an alg that is no text', () => unsigned({ alg: ['ES256'] }, claims(), 'AAAA')],
    ['HS256 keyed with the public key as PEM', async () => hmac(await spki(rsaKey!), { alg: 'HS256', kid: rsaKey!.jwk.kid }, claims())],
    ['HS256 keyed with the public key as JWK', () => hmac(JSON.stringify(rsaKey!.jwk), { alg: 'HS256', kid: rsaKey!.jwk.kid }, claims())],
    ['HS256 keyed with nothing', () => hmac('', { alg: 'HS256' }, claims())],
    ['the signature left out', async () => (await signed()).replace(/[^.]*$/, '')],
    ['the signature of another', async () => (await signed()).replace(/[^.]*$/, (await signed()).split('.')[2] ?? '')],
    ['the alg changed after it was signed', async () => altered(await signed(), 0, { alg: 'RS256', kid: rsaKey!.jwk.kid })],
    ['the claims changed after it was signed', async () => altered(await signed(), 1, { jti: randomUUID() })],
    ['a stranger’s key', () => signed({}, stranger)],
    ['a stranger’s key under our kid', () => signed({ header: { kid: key!.jwk.kid } }, stranger)],
    ['a stranger’s key in the header', () => signed({ header: { kid: undefined, jwk: stranger!.jwk } }, stranger)],
    ['a stranger’s key by jku', () => signed({ header: { jku: 'https://evil.example/jwks' } }, stranger)],
    ['a stranger’s key by x5u', () => signed({ header: { x5u: 'https://evil.example/cert', kid: 'evil' } }, stranger)],
    ['another app as issuer', () => signed({ claims: { iss: world.apps.scheduler.id } })],
    ['another app as subject', () => signed({ claims: { sub: world.apps.scheduler.id } })],
    ['another app altogether', () => signed({ claims: { iss: world.apps.scheduler.id, sub: world.apps.scheduler.id } })],
    ['an app that does not exist', () => signed({ claims: { iss: 'app_x', sub: 'app_x' } })],
    ['another server as audience', () => signed({ claims: { aud: 'https://other.example' } })],
    ['another server in a list', () => signed({ claims: { aud: ['https://other.example', 'https://evil.example'] } })],
    ['an audience that only begins like ours', () => signed({ claims: { aud: `${world.issuer}.evil.example` } })],
    ['no audience', () => signed({ claims: { aud: undefined } })],
    ['no jti', () => signed({ claims: { jti: undefined } })],
    ['a jti that is no text', () => signed({ claims: { jti: { $ne: '' } } })],
    ['no end', () => signed({ claims: { exp: undefined } })],
    ['an end that is no number', () => signed({ claims: { exp: String(now() + 60) } })],
    ['an end in the past', () => signed({ claims: { exp: now() - 60, iat: now() - 120 } })],
    ['an end beyond all days', () => signed({ claims: { exp: 1e300 } })],
    ['an end in ten years', () => signed({ claims: { exp: now() + 10 * 365 * 86_400 } })],
    ['a beginning in the future', () => signed({ claims: { nbf: now() + 120 } })],
    ['signed in the future', () => signed({ claims: { iat: now() + 600, exp: now() + 660 } })],
    ['the typ of a DPoP proof', () => signed({ header: { typ: 'dpop+jwt' } })],
    ['the typ of an access token', () => signed({ header: { typ: 'at+jwt' } })],
    ['the typ of a request object', () => signed({ header: { typ: 'oauth-authz-req+jwt' } })],
    ['an extension that must be understood', () => signed({ header: { crit: ['evil'], evil: true } }).catch(() => unsigned({ alg: 'ES256', crit: ['evil'] }, claims(), 'AAAA'))],
    ['not a JWT', () => 'nonsense'],
    ['three dots', () => '...'],
    ['claims that are a list', () => unsigned({ alg: 'ES256' }, [], 'AAAA')],
    ['claims with prototype keys', () => `${encode({ alg: 'ES256' })}.${Buffer.from('{"__proto__":{"sub":"x"},"constructor":1}').toString('base64url')}.AAAA`],
    ['five parts', () => 'a.b.c.d.e'],
  ];
  test.each(forgeries)('with %s is refused', async (_, forge) => {
    const { status, body } = await send(await forge());
    expect([400, 401]).toContain(status);
    expect(['invalid_client', 'invalid_request']).toContain(body.error);
  });

  test('does not stand beside another way to say who one is', async () => {
    const basic = await fetch(tokenUrl, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`${world.apps.scheduler.id}:${world.apps.scheduler.secret}`).toString('base64')}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer', client_assertion: await signed() }),
    });
    expect(basic.status).toBe(400);
    expect((await send(await signed(), { client_id: world.apps.scheduler.id })).status).toBe(400);
    expect((await send(await signed(), { client_assertion_type: 'x' })).status).toBe(400);
  });

  test('of an app with a secret, keyed with that secret or with what stands for it inside, is refused', async () => {
    const { id, secret } = world.apps.scheduler;
    for (const text of [secret ?? '', 'kept-as-a-digest']) {
      expect((await send(hmac(text, { alg: 'HS256', typ: 'JWT' }, { ...claims(), iss: id, sub: id }))).status).toBe(401);
    }
  });

  test('of an app that signs: its public key is no secret, and it needs one', async () => {
    for (const more of ['', '&client_secret=', '&client_secret=kept-as-a-digest']) {
      const body = new URLSearchParams(`grant_type=client_credentials&client_id=${signer.id}${more}`);
      const response = await fetch(tokenUrl, { method: 'POST', body });
      expect(response.status).toBe(401);
    }
  });
});

describe('xP14 a DPoP proof', () => {
  const send = async (dpop: string) => {
    const attempt = begin(world);
    const code = (await authorize(attempt, world.people.dan, { browser })).get('code');
    return exchange(world, attempt, code, {}, { dpop });
  };
  const proof = (changed: Changed = {}, by = key!) => dpopProof(by, { url: tokenUrl, ...changed });
  const claims = (more: object = {}) => ({ jti: randomUUID(), iat: now(), htm: 'POST', htu: tokenUrl, ...more });
  const publicJwk = () => ({ kty: 'EC', crv: 'P-256', x: key!.jwk.x, y: key!.jwk.y });

  test('that is sound is accepted', async () => {
    expect(await send(await proof())).toMatchObject({ status: 200, body: { token_type: 'DPoP' } });
    expect((await send(await proof({ claims: { htu: `${tokenUrl}?query#fragment` } }))).status).toBe(200);
  });

  const forgeries: [string, () => string | Promise<string>][] = [
    ['alg none', () => unsigned({ alg: 'none', typ: 'dpop+jwt', jwk: publicJwk() }, claims())],
    ['a symmetric key', () => hmac('secret', { alg: 'HS256', typ: 'dpop+jwt', jwk: { kty: 'oct', k: Buffer.from('secret').toString('base64url') } }, claims())],
    ['the public key as a symmetric one', () => hmac(JSON.stringify(publicJwk()), { alg: 'HS256', typ: 'dpop+jwt', jwk: publicJwk() }, claims())],
    ['a private key in the header', () => proof({ header: { jwk: { ...publicJwk(), d: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' } } })],
    ['no key in the header', () => proof({ header: { jwk: undefined } })],
    ['another key in the header', () => proof({ header: { jwk: { kty: 'EC', crv: 'P-256', x: stranger!.jwk.x, y: stranger!.jwk.y } } })],
    ['a key by jku', () => proof({ header: { jwk: undefined, jku: 'https://evil.example/jwks' } })],
    ['the typ JWT', () => proof({ header: { typ: 'JWT' } })],
    ['no typ', () => proof({ header: { typ: undefined } })],
    ['another method', () => proof({ claims: { htm: 'GET' } })],
    ['no method', () => proof({ claims: { htm: undefined } })],
    ['another endpoint', () => proof({ claims: { htu: `${world.issuer}/oauth/userinfo` } })],
    ['another server', () => proof({ claims: { htu: 'https://other.example/oauth/token' } })],
    ['no endpoint', () => proof({ claims: { htu: undefined } })],
    ['no jti', () => proof({ claims: { jti: undefined } })],
    ['a jti that is no text', () => proof({ claims: { jti: 1 } })],
    ['no time', () => proof({ claims: { iat: undefined } })],
    ['a time that is no number', () => proof({ claims: { iat: 'now' } })],
    ['a time long past', () => proof({ claims: { iat: now() - 400 } })],
    ['a time in the future', () => proof({ claims: { iat: now() + 400 } })],
    ['a nonce that we never gave', () => proof({ claims: { nonce: 'x' } })],
    ['the claims changed after it was signed', async () => altered(await proof(), 1, { jti: randomUUID() })],
    ['not a JWT', () => 'nonsense'],
  ];
  test.each(forgeries)('with %s is refused, and no bearer token is given instead', async (_, forge) => {
    const { status, body } = await send(await forge());
    expect({ status, error: body.error }).toEqual({ status: 400, error: 'invalid_dpop_proof' });
  });

  test('twice in one request is none', async () => {
    const { status, body } = await send(`${await proof()}, ${await proof()}`);
    expect({ status, error: body.error }).toEqual({ status: 400, error: 'invalid_dpop_proof' });
  });
});

describe('xP14 an id_token_hint', () => {
  let hint: string;
  beforeAll(async () => {
    hint = (await connect(world, world.people.dan, { browser })).tokens['id_token'];
  });
  const ask = async (text: string) => {
    const attempt = begin(world, { parameters: { id_token_hint: text, prompt: 'none' } });
    return (await browser.open(attempt.url, { stopAt: attempt.app.redirectUri })).url.searchParams;
  };
  const idClaims = (more: object = {}) => ({ ...JSON.parse(Buffer.from(hint.split('.')[1] ?? '', 'base64url').toString()), ...more });

  test('of the person who is signed in lets them through; of another person it does not', async () => {
    expect((await ask(hint)).has('code')).toBe(true);
    const { tokens } = await connect(world, world.people.chloe);
    expect((await ask(tokens['id_token'])).get('error')).toBe('login_required');
  });

  const forgeries: [string, () => string | Promise<string>][] = [
    ['alg none', () => unsigned({ alg: 'none' }, idClaims())],
    ['HS256 keyed with what stands for a secret inside', () => hmac('kept-as-a-digest', { alg: 'HS256' }, idClaims())],
    [
      'HS256 keyed with our public key',
      async () => {
        const { keys } = (await (await fetch(`${world.issuer}/oauth/jwks`)).json()) as { keys: any[] };
        const ours = keys.find(({ alg }) => alg === 'RS256');
        return hmac(await exportSPKI((await importJWK(ours, 'RS256')) as CryptoKey), { alg: 'HS256', kid: ours.kid }, idClaims());
      },
    ],
    ['a stranger’s key', () => new SignJWT(idClaims()).setProtectedHeader({ alg: 'RS256' }).sign(rsaKey!.privateKey)],
    ['a stranger’s key in the header', () => new SignJWT(idClaims()).setProtectedHeader({ alg: 'RS256', jwk: rsaKey!.jwk }).sign(rsaKey!.privateKey)],
    ['the person changed', () => altered(hint, 1, { sub: world.people.ada.id })],
    [
      'another app as audience',
      async () => {
        const { tokens } = await connect(world, world.people.dan, { app: world.apps.notes, parameters: { scope: 'openid calendar:read' }, browser });
        return tokens['id_token'];
      },
    ],
    ['an access token', async () => (await connect(world, world.people.dan, { browser })).tokens.access_token],
    ['nonsense', () => 'nonsense'],
  ];
  test.each(forgeries)('with %s is refused', async (_, forge) => {
    const answer = await ask(await forge());
    expect([answer.get('error'), answer.has('code')]).toEqual(['invalid_request', false]);
  });
});

test('a request object is not taken, signed or not', async () => {
  for (const request of [unsigned({ alg: 'none' }, { client_id: signer.id, scope: 'openid' }), await new SignJWT({}).setProtectedHeader({ alg: 'ES256' }).sign(key!.privateKey)]) {
    const attempt = begin(world, { parameters: { request } });
    const page = await browser.open(attempt.url, { stopAt: attempt.app.redirectUri });
    expect(page.url.searchParams.get('error') ?? page.status).toEqual(page.status === 400 ? 400 : 'request_not_supported');
    expect(page.url.searchParams.has('code')).toBe(false);
  }
});

test('I10 nothing broke, and the log holds no secret', () => {
  expect(aftermath(world)).toEqual([]);
});
