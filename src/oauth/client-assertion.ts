import { errors } from 'oidc-provider';

import { noteCredential } from './credentials.ts';

/** What a client's assertion calls itself, if anything. What was signed as something else is none (RFC 8725 section 3.11). */
const TYPES: readonly unknown[] = [undefined, 'JWT', 'client-authentication+jwt'];
/** Its jti is remembered as long as it could come again. */
const LONGEST_SECONDS = 3600;
const CLOCK_SKEW_SECONDS = 60;

/** On top of RFC 7523 section 3, which the library checks: its signature, issuer, subject, audience and times are sound. */
export function checkClientAssertion(
  { exp, iat }: Readonly<Record<string, unknown>>,
  { typ, kid }: Readonly<Record<string, unknown>>,
  now: number,
): void {
  const seconds = Math.floor(now / 1000);
  if (!TYPES.includes(typ)) throw new errors.InvalidClientAuth('the typ of the client_assertion is that of another kind of JWT');
  if (Number(exp) > seconds + LONGEST_SECONDS) throw new errors.InvalidClientAuth('the client_assertion must end within an hour');
  if (iat !== undefined && Number(iat) > seconds + CLOCK_SKEW_SECONDS) throw new errors.InvalidClientAuth('the client_assertion was signed in the future');
  if (typeof kid === 'string') noteCredential(`key ${kid}`);
}
