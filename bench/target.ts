import { createHash } from 'node:crypto';

/** Everything that the load needs to know of a server to put it under load. The same for every contender. */
export interface Target {
  readonly origin: string;
  readonly app: Credentials;
  /** Introspects tokens that were issued to the app. */
  readonly resourceServer: Credentials;
  /** Gets tokens by `client_credentials`. */
  readonly machine: Credentials;
  /** At Assent, an app that gets tokens for a tenant that it is installed in; else the machine again. */
  readonly installed: { readonly client: Credentials; readonly form: Readonly<Record<string, string>> };
  /** The `Cookie` header of a browser whose person signed in and said yes to the app. */
  readonly cookie: string;
  /** Tokens that are good now: one pair for each connection. */
  readonly tokens: readonly { readonly access_token: string; readonly refresh_token: string }[];
}

export interface Credentials {
  readonly id: string;
  readonly secret: string;
}

export const PATHS = { authorize: '/oauth/authorize', token: '/oauth/token', introspect: '/oauth/introspect' } as const;

/** What both sides are asked for. With `openid` in it, an id token is signed (RS256) for each token answer. */
export const SCOPE = 'openid profile email offline_access meetings:read';
export const MACHINE_SCOPE = 'manage read';
/** What the app may do in the tenant as itself. */
export const TENANT_SCOPE = 'rooms:read';

/** In seconds, the same for both sides. */
export const LIFETIMES = { code: 60, accessToken: 3600, refreshToken: 30 * 86_400, session: 14 * 86_400 } as const;

export const REDIRECT_URI = 'https://scheduler.example/callback';

export const VERIFIER = 'a-verifier-of-the-length-that-pkce-asks-for';

/** The query of the authorization request, the same each time. */
export const authorizationQuery = ({ id }: Credentials, more: Readonly<Record<string, string>> = {}): URLSearchParams =>
  new URLSearchParams({
    client_id: id,
    redirect_uri: REDIRECT_URI,
    response_type: 'code',
    scope: SCOPE,
    state: 'some-state',
    code_challenge: createHash('sha256').update(VERIFIER).digest('base64url'),
    code_challenge_method: 'S256',
    ...more,
  });

export const basicAuth = ({ id, secret }: Credentials): string => `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;

export const codeForm = (code: string) => ({ grant_type: 'authorization_code', code, redirect_uri: REDIRECT_URI, code_verifier: VERIFIER });
