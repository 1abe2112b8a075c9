import { createRemoteJWKSet, errors, jwtVerify, type JWTVerifyGetKey } from 'jose';

import { AssentUnavailable, type Assent } from './assent.ts';

/** Nothing longer is a token of Assent's. */
const LONGEST = 4000;

/** RFC 6750 section 2.1. A token in an address or a form is not looked for: addresses end up in logs. */
export function bearerIn(authorization: string | undefined): string | undefined {
  const [, token] = /^Bearer +([\w.~+/-]+=*)$/i.exec(authorization ?? '') ?? [];
  return token !== undefined && token.length <= LONGEST ? token : undefined;
}

/** What a token says of itself, before Assent is asked about it. */
export type Looked = { readonly good: false } | { readonly good: true; readonly identity: 'user' | 'tenant' | undefined };

/** Signed by the keys that Assent has, and with no other algorithm: least of all with none. */
const ALGORITHMS = ['ES256', 'RS256', 'PS256', 'EdDSA', 'Ed25519'];

/**
 * Opaque tokens say nothing. A signed one (RFC 9068) is checked here first: signature, sort, issuer, audience and time.
 * That keeps made-up tokens away from Assent; it does not make a token good, since it may have been revoked.
 */
export function createLook(assent: Assent, { issuer, audience }: { readonly issuer: string; readonly audience: string }): (token: string) => Promise<Looked> {
  let keys: JWTVerifyGetKey | undefined;
  return async (token) => {
    if (token.split('.').length !== 3) return { good: true, identity: undefined };
    keys ??= createRemoteJWKSet(new URL((await assent.addresses()).jwks_uri), { timeoutDuration: 3000 });
    try {
      const { payload } = await jwtVerify(token, keys, { issuer, audience, typ: 'at+jwt', algorithms: ALGORITHMS, requiredClaims: ['exp', 'iat', 'sub', 'client_id'] });
      // Bound to a key (RFC 9449), and this guard checks no proofs.
      if (payload['cnf'] !== undefined) return { good: false };
      const { identity } = payload;
      return { good: true, identity: identity === 'user' || identity === 'tenant' ? identity : undefined };
    } catch (cause) {
      if (isAboutToken(cause)) return { good: false };
      throw new AssentUnavailable('The keys of Assent could not be fetched', { cause });
    }
  };
}

/** jose says the one by errors of their own, the other by those of fetch or in general. */
const isAboutToken = (error: unknown): boolean =>
  error instanceof errors.JOSEError && !(error instanceof errors.JWKSTimeout) && !(error instanceof errors.JWKSInvalid) && error.code !== 'ERR_JOSE_GENERIC';
