import type { WebContext } from './web-context.ts';

/** With which algorithms a DPoP proof may be signed. */
export const PROOF_ALGORITHMS = ['ES256', 'Ed25519', 'EdDSA'] as const;

const ALGORITHMS = `algs="${PROOF_ALGORITHMS.join(' ')}"`;

export type TokenScheme = 'Bearer' | 'DPoP';

/** How a token came, or would have come. */
export const schemeOf = (ctx: WebContext): TokenScheme => (/^DPoP /i.test(ctx.get('authorization')) ? 'DPoP' : 'Bearer');

/** For a request without any credentials: both ways, and no error code (RFC 6750 section 3.1, RFC 9449 section 7.1). */
export const CHALLENGES = `Bearer, DPoP ${ALGORITHMS}`;

/** `WWW-Authenticate` for credentials that are not good, or not enough. */
export function challenge(scheme: TokenScheme, parameters: Readonly<Record<string, string | undefined>>): string {
  const named = Object.entries(parameters).flatMap(([name, value]) => (value === undefined ? [] : [`${name}="${value}"`]));
  return `${scheme} ${[...named, ...(scheme === 'DPoP' ? [ALGORITHMS] : [])].join(', ')}`;
}

/** An access token that may be bound to a key (RFC 9449): good only with a proof of that. */
export interface Bindable {
  /** The thumbprint of the key. */
  readonly jkt: string | null;
}

/**
 * The access token that a request shows us as a resource server, as `find` knows its text. Refuses with
 * `unauthenticated` when it is none, or shown in another way than it must be. `wanted` says which token is expected here.
 */
export type PresentedToken = <T extends Bindable>(ctx: WebContext, find: (text: string) => Promise<T | undefined>, wanted?: string) => Promise<T>;
