import { createPublicKey, verify } from 'node:crypto';

import type Provider from 'oidc-provider';

import { publishedKeys, signingKey } from './provider-internals.ts';

const dsaEncoding = 'ieee-p1363';

/** What a JWT says that one of our keys signed, if it is of this sort; `undefined` for any other text (RFC 8725 section 3). */
export function signedClaims(provider: Provider, token: string, sort: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const [header = '', claims = '', signature = '', ...more] = token.split('.');
    const { kid, alg, typ } = JSON.parse(Buffer.from(header, 'base64url').toString('utf8'));
    const jwk = publishedKeys(provider).find((key) => key.kid === kid && key.alg === alg);
    if (!jwk || typ !== sort || more.length > 0) return undefined;
    const key = { key: createPublicKey({ key: jwk as never, format: 'jwk' }), dsaEncoding } as const;
    if (!verify('sha256', Buffer.from(`${header}.${claims}`), key, Buffer.from(signature, 'base64url'))) return undefined;
    return JSON.parse(Buffer.from(claims, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}

/** Of an access token (RFC 9068 section 4). */
export function jtiOf(provider: Provider, token: string): string | undefined {
  const jti = signedClaims(provider, token, 'at+jwt')?.['jti'];
  return typeof jti === 'string' ? jti : undefined;
}

/** The library mints JWTs of its own sorts only. This signs with the same key that its JWT access tokens are signed with. */
export function signJwt(provider: Provider, sort: string, claims: object): string {
  const key = signingKey(provider);
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${part({ alg: 'ES256', typ: sort, kid: key.kid })}.${part(claims)}`;
  return `${text}.${key.signNow(Buffer.from(text)).toString('base64url')}`;
}
