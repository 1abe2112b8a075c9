import { createHash, randomUUID } from 'node:crypto';

import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';

/** A key pair of an app: it signs client assertions (RFC 7523) and DPoP proofs (RFC 9449). */
export interface ClientKey {
  readonly alg: string;
  readonly privateKey: CryptoKey;
  /** The public part, with its thumbprint as `kid`. */
  readonly jwk: JWK & { readonly kid: string };
}

export async function newClientKey(alg = 'ES256'): Promise<ClientKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg);
  const jwk = await exportJWK(publicKey);
  return { alg, privateKey, jwk: { ...jwk, alg, use: 'sig', kid: await calculateJwkThumbprint(jwk) } };
}

type Members = Readonly<Record<string, unknown>>;

const sign = (key: ClientKey, header: Members, claims: Members): Promise<string> =>
  new SignJWT(claims).setProtectedHeader({ alg: key.alg, ...header }).sign(key.privateKey);

const now = (): number => Math.floor(Date.now() / 1000);

export interface Changed {
  /** Members that count instead of the right ones; `undefined` leaves one out. */
  readonly claims?: Members;
  readonly header?: Members;
}

/** `client_assertion` and its type, as parameters of a request. */
export async function clientAssertion(
  key: ClientKey,
  { client, issuer, claims, header }: { readonly client: string; readonly issuer: string } & Changed,
): Promise<{ client_assertion: string; client_assertion_type: string }> {
  const all = { iss: client, sub: client, aud: issuer, jti: randomUUID(), iat: now(), exp: now() + 60, ...claims };
  return { client_assertion_type: ASSERTION_TYPE, client_assertion: await sign(key, { kid: key.jwk.kid, typ: 'JWT', ...header }, all) };
}

export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** A `DPoP` header for one request; with `token`, for one that uses it. */
export function dpopProof(
  key: ClientKey,
  { url, method = 'POST', token, claims, header }: { readonly url: string; readonly method?: string; readonly token?: string } & Changed,
): Promise<string> {
  const ath = token === undefined ? {} : { ath: createHash('sha256').update(token).digest('base64url') };
  const { kty, crv, x, y, n, e } = key.jwk;
  const jwk = Object.fromEntries(Object.entries({ kty, crv, x, y, n, e }).filter(([, value]) => value !== undefined));
  return sign(key, { typ: 'dpop+jwt', jwk, ...header }, { jti: randomUUID(), iat: now(), htm: method, htu: url, ...ath, ...claims });
}
