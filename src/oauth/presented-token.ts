import { errors } from 'oidc-provider';

import { AppError } from '#src/errors.ts';
import { challenge, CHALLENGES, schemeOf, type PresentedToken } from '#src/http/token-challenge.ts';

import type { OAuthDeps } from './oauth-deps.ts';
import type { CheckProof } from './provider-internals.ts';
import { rememberProof } from './replay-store.ts';

/**
 * The one way to show an access token where Assent itself is the resource server; at userinfo the library does the same.
 * A token that is bound to a key takes a proof of that key for this very request (RFC 9449 sections 7.1, 7.2), and one
 * that is not takes none, lest somebody believes in a binding that is not there.
 */
export const presentedTokens =
  (deps: Pick<OAuthDeps, 'store' | 'clock' | 'issuer'>, checkProof: CheckProof): PresentedToken =>
  async (ctx, find, wanted) => {
    const authorization = ctx.get('authorization');
    if (authorization === '') throw refused(CHALLENGES, wanted);
    const [, text] = /^(?:Bearer|DPoP) +(\S+)$/i.exec(authorization) ?? [];
    const [scheme, proof] = [schemeOf(ctx), ctx.get('dpop')];
    const token = text === undefined ? undefined : await find(text);
    if (text === undefined || !token) throw refused(challenge(scheme, { error: 'invalid_token', error_description: wanted }), wanted);
    if (token.jkt === null) {
      if (scheme === 'DPoP' || proof !== '') throw badly('invalid_token', 'This token is bound to no key. Send it with the Bearer scheme and without a proof.');
      return token;
    }
    if (scheme !== 'DPoP') throw badly('invalid_token', 'This token is bound to a key. Send it with the DPoP scheme and a proof.');
    if (proof === '') throw badly('invalid_dpop_proof', 'Send a proof in the DPoP header.');
    const { thumbprint, jti } = await sound(checkProof({ proof, method: ctx.method, address: new URL(deps.issuer + ctx.path).href }, text));
    if (thumbprint !== token.jkt) throw badly('invalid_token', 'The proof is of another key than the token is bound to.');
    // Last, so that a proof is used up by nobody but who has the token, and the key.
    if (!(await rememberProof(deps, thumbprint, jti))) throw badly('invalid_dpop_proof', 'This proof was used before. Sign one for each request.');
    return token;
  };

async function sound<T>(proof: Promise<T>): Promise<T> {
  try {
    return await proof;
  } catch (error) {
    if (error instanceof errors.InvalidDpopProof) throw badly('invalid_dpop_proof', `${error.error_description}.`);
    throw error;
  }
}

const refused = (challenges: string, detail: string | undefined): AppError =>
  new AppError('unauthenticated', { ...(detail !== undefined && { detail }), headers: { 'WWW-Authenticate': challenges } });

/** Shown in another way than it must be. */
const badly = (error: 'invalid_token' | 'invalid_dpop_proof', detail: string): AppError =>
  refused(challenge('DPoP', { error, error_description: detail }), detail);
