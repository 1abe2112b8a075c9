import { compactVerify, type JWK } from 'jose';
import { errors, type KoaContextWithOIDC } from 'oidc-provider';

import { keyThumbprint } from '#src/apps/jwks.ts';

import { noteCredential } from './credentials.ts';
import { keysForAssertion } from './provider-internals.ts';

/** What a client's assertion calls itself, if anything. What was signed as something else is none (RFC 8725 section 3.11). */
const TYPES: readonly unknown[] = [undefined, 'JWT', 'client-authentication+jwt'];
/** Its jti is remembered as long as it could come again. */
const LONGEST_SECONDS = 3600;
const CLOCK_SKEW_SECONDS = 60;

type Members = Readonly<Record<string, unknown>>;

/** On top of RFC 7523 section 3, which the library checks: its signature, issuer, subject, audience and times are sound. */
export async function checkClientAssertion(ctx: KoaContextWithOIDC, { exp, iat }: Members, header: Members, now: number): Promise<void> {
  const seconds = Math.floor(now / 1000);
  if (!TYPES.includes(header['typ'])) throw new errors.InvalidClientAuth('the typ of the client_assertion is that of another kind of JWT');
  if (Number(exp) > seconds + LONGEST_SECONDS) throw new errors.InvalidClientAuth('the client_assertion must end within an hour');
  if (iat !== undefined && Number(iat) > seconds + CLOCK_SKEW_SECONDS) throw new errors.InvalidClientAuth('the client_assertion was signed in the future');
  noteCredential(`jwk ${keyThumbprint(await signedWith(ctx.oidc.params?.['client_assertion'], keysForAssertion(ctx, header)))}`);
}

/** The library does not say which of the keys it was that the signature is good with. Where there is but one, it was that. */
async function signedWith(assertion: unknown, [key, ...others]: readonly JWK[]): Promise<JWK> {
  if (!key) throw new Error('an assertion was found sound without a key');
  if (others.length === 0) return key;
  const isIt = await compactVerify(String(assertion), key).then(() => true, () => false);
  return isIt ? key : signedWith(assertion, others);
}
