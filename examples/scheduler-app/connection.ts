import * as client from 'openid-client';

import { chosenIn, type Chosen, type Wanted } from './nodes.ts';
import { organisationFrom, type Organisation } from './organisation.ts';

/** What the app holds for one person after they connected. The tokens never leave the server. */
export interface Connection {
  readonly accessToken: string;
  readonly refreshToken: string | undefined;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  /** Exactly as the authorization server wrote it. */
  readonly scope: string;
  readonly claims: { readonly sub: string };
  /** What the person chose for it in the organisation's sites. */
  readonly nodes: readonly Chosen[];
  readonly userinfo: client.UserInfoResponse | undefined;
}

/** For whom the app shall act: for the person, as itself for their whole organisation, or both by one request. */
export type Identity = 'user' | 'tenant' | 'user tenant';

/** An authorization request on its way; only the browser that began it can finish it. */
export interface Attempt {
  readonly identity: Identity;
  readonly nonce: string;
  readonly codeVerifier: string;
  /** The page to go on with. */
  readonly back: string;
}

export interface Asking {
  readonly identity: Identity;
  /** For the person. */
  readonly permissions: readonly string[];
  /** For the organisation. */
  readonly tenantPermissions: readonly string[];
  /** On sites and lists, of which the person chooses. */
  readonly nodes?: readonly Wanted[];
  /** The organisation in question, where that is known. */
  readonly tenant?: string | undefined;
  /** Beside what was granted before. */
  readonly more?: boolean;
  /** Also when there is nothing new to ask. */
  readonly again?: boolean;
  readonly back: string;
}

/** What came of an authorization request: one or both, by its identity. */
export interface Answer {
  readonly connection?: Connection;
  readonly organisation?: Organisation;
}

export interface OAuthSettings {
  readonly issuer: string;
  readonly clientId: string;
  /** Without one the app is a public client. */
  readonly clientSecret: string | undefined;
  readonly redirectUri: string;
}

export type OAuth = ReturnType<typeof createOAuth>;

const PROTOCOL_SCOPES = ['openid', 'profile', 'email', 'offline_access'];

export function createOAuth({ issuer, clientId, clientSecret, redirectUri }: OAuthSettings) {
  let discovered: Promise<client.Configuration> | undefined;

  /** Discovery happens on first use, and again as long as it fails: the app may start before the server does. */
  const configuration = (): Promise<client.Configuration> => {
    discovered ??= client
      .discovery(new URL(issuer), clientId, {}, clientSecret === undefined ? client.None() : client.ClientSecretBasic(clientSecret), {
        // Without TLS nothing but its signature vouches for an ID token.
        execute: [client.enableNonRepudiationChecks, ...(issuer.startsWith('http:') ? [client.allowInsecureRequests] : [])],
      })
      .catch((error: unknown) => {
        discovered = undefined;
        throw error;
      });
    return discovered;
  };

  const connectionFrom = async (
    config: client.Configuration,
    tokens: Awaited<ReturnType<typeof client.authorizationCodeGrant>>,
    before?: Connection,
  ): Promise<Connection> => {
    const claims = tokens.claims() ?? before?.claims;
    if (claims === undefined) throw new Error('The token response has no ID token.');
    return {
      accessToken: tokens.access_token,
      refreshToken: tokens.refresh_token ?? before?.refreshToken,
      expiresAt: Date.now() + (tokens.expiresIn() ?? 300) * 1000,
      // RFC 6749 section 6: a refresh that says no scope has the one it had before.
      scope: tokens.scope ?? before?.scope ?? '',
      claims,
      nodes: chosenIn(tokens),
      userinfo: before?.userinfo ?? (await client.fetchUserInfo(config, tokens.access_token, claims.sub)),
    };
  };

  return {
    configuration,

    /** Where to send the browser, and what to keep (under the state) until it comes back. */
    async begin({ identity, permissions, tenantPermissions, nodes = [], tenant, more = false, again = false, back }: Asking) {
      const config = await configuration();
      const state = client.randomState();
      const attempt: Attempt = { identity, nonce: client.randomNonce(), codeVerifier: client.randomPKCECodeVerifier(), back };
      const scopes = [
        ...(identity === 'tenant' ? [] : [...PROTOCOL_SCOPES, ...permissions]),
        ...(identity === 'user' ? [] : tenantPermissions),
      ];
      const url = client.buildAuthorizationUrl(config, {
        redirect_uri: redirectUri,
        scope: scopes.join(' '),
        state,
        code_challenge: await client.calculatePKCECodeChallenge(attempt.codeVerifier),
        code_challenge_method: 'S256',
        ...(identity !== 'tenant' && { nonce: attempt.nonce }),
        ...(identity !== 'user' && { identity }),
        ...(tenant !== undefined && { tenant }),
        ...(nodes.length > 0 && { authorization_details: JSON.stringify(nodes) }),
        ...((more || again) && identity !== 'tenant' && { include_granted_scopes: 'true' }),
        ...(again && { prompt: 'consent' }),
      });
      return { url, state, attempt };
    },

    async finish(query: URLSearchParams, state: string, { identity, nonce, codeVerifier }: Attempt): Promise<Answer> {
      const config = await configuration();
      const answer = new URL(redirectUri);
      answer.search = query.toString();
      const tokens = await client.authorizationCodeGrant(config, answer, {
        expectedState: state,
        pkceCodeVerifier: codeVerifier,
        // A tenant token alone is about no person, so there is no ID token with it.
        ...(identity !== 'tenant' && { expectedNonce: nonce }),
      });
      if (identity === 'tenant') {
        return { organisation: await organisationFrom(config, { token: tokens.access_token, seconds: tokens.expiresIn(), scope: tokens.scope, nodes: chosenIn(tokens) }) };
      }
      const connection = await connectionFrom(config, tokens);
      if (identity === 'user') return { connection };
      // Beside the user token, which stands in the standard fields.
      const { tenant_access_token: token, tenant_expires_in: seconds, tenant_scope: scope } = tokens;
      return { connection, organisation: await organisationFrom(config, { token: String(token), seconds: Number(seconds), scope: String(scope) }) };
    },

    /** A context token for an access token (RFC 8693): good for once. */
    async exchange(contextToken: string, sub: string): Promise<Connection> {
      const config = await configuration();
      const tokens = await client.genericGrantRequest(config, 'urn:ietf:params:oauth:grant-type:token-exchange', {
        subject_token: contextToken,
        subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      });
      return {
        accessToken: tokens.access_token,
        refreshToken: undefined,
        expiresAt: Date.now() + (tokens.expiresIn() ?? 300) * 1000,
        scope: tokens.scope ?? '',
        claims: { sub },
        nodes: chosenIn(tokens),
        userinfo: await client.fetchUserInfo(config, tokens.access_token, sub),
      };
    },

    /** A token of the app for itself, which opens no data. */
    async ownToken(): Promise<string> {
      return (await client.clientCredentialsGrant(await configuration())).access_token;
    },

    async refresh(connection: Connection): Promise<Connection> {
      const config = await configuration();
      return connectionFrom(config, await client.refreshTokenGrant(config, connection.refreshToken ?? ''), connection);
    },

    /** RFC 7009. Revoking the refresh token ends the access tokens that came with it, too. */
    async revoke({ refreshToken, accessToken }: Connection): Promise<void> {
      await client.tokenRevocation(await configuration(), refreshToken ?? accessToken);
    },

    async call(accessToken: string, url: URL, method: string, json?: unknown): Promise<Response> {
      const [body, headers] =
        json === undefined ? [undefined, undefined] : [JSON.stringify(json), new Headers({ 'content-type': 'application/json' })];
      try {
        return await client.fetchProtectedResource(await configuration(), accessToken, url, method, body, headers);
      } catch (error) {
        // A refusal with a challenge is an answer like any other here: the page shows it.
        if (error instanceof client.WWWAuthenticateChallengeError) return error.response;
        throw error;
      }
    },
  };
}
