import type Provider from 'oidc-provider';

import { CONTEXT_JWT, type ContextClaims } from '#src/launches/launch.ts';

import type { OAuthDeps } from './oauth-deps.ts';
import { signedClaims, signJwt } from './own-jwts.ts';

/** Context tokens are signed and read where all tokens are, with the keys that everybody can fetch. */
export const signContextToken = (provider: Provider, claims: ContextClaims): string => signJwt(provider, CONTEXT_JWT, claims);

/** `undefined` for any text that is not one of ours, or is over. Whom it was minted for is the caller's to compare. */
export function readContextToken(provider: Provider, { issuer, clock }: Pick<OAuthDeps, 'issuer' | 'clock'>, text: string): ContextClaims | undefined {
  const claims = signedClaims(provider, text, CONTEXT_JWT) as unknown as ContextClaims | undefined;
  return claims?.iss === issuer && claims.exp > clock() / 1000 ? claims : undefined;
}
