import Provider, { interactionPolicy, type Configuration, type KoaContextWithOIDC } from 'oidc-provider';
import type { JWK } from 'jose';

import { PROTOCOL_SCOPES, SHARED_ACCESS } from '#src/apps/catalogue.ts';
import { PROOF_ALGORITHMS } from '#src/http/token-challenge.ts';
import type { UserId } from '#src/ids.ts';
import { SESSION_COOKIE } from '#src/sign-in/session-cookie.ts';
import { findUser } from '#src/tenants/user-store.ts';

import { createAdapter } from './adapter.ts';
import { checkClientAssertion } from './client-assertion.ts';
import { CLIENT_PROPERTIES } from './client-metadata.ts';
import { checkRequest, REQUEST_PARAMETERS } from './check-request.ts';
import { wrapGrantTypes } from './grant-types/token-request.ts';
import { GRANT_MANAGEMENT_SCOPES, grantManagementMetadata } from './grant-management.ts';
import { introspectionAnswer } from './introspection.ts';
import { answerIntrospectionWith } from './introspection-step.ts';
import { mayIntrospect } from './introspection-policy.ts';
import { grantPayload } from './models/grant.ts';
import { asOAuth } from './errors.ts';
import type { OAuthDeps } from './oauth-deps.ts';
import { jtiOf } from './own-jwts.ts';
import { consentPrompt } from './prompts/consent-prompt.ts';
import { askForJwtsByName, buildUrlsFromIssuer, nameDetailsApart, refuseMalformedForms, replaceSigningKeys } from './provider-internals.ts';
import { compareSecretsByDigest, detectReplaysAtomically, mintTokenTexts, rememberClients, saveRecordsPlainly } from './provider-models.ts';
import { PROOF_MS, rememberOnce } from './replay-store.ts';
import { RESOURCE_ACCESS, richAuthorization, showDetails } from './resource-access.ts';
import { resourceServers } from './resource-servers.ts';
import { heldBy, settleTenancy, tenancyOf } from './tenancy.ts';
import './session-step.ts';
import './token-step.ts';
import { noteJwt } from './tokens/jwt-tokens.ts';
import { mintedTexts } from './tokens/minted-texts.ts';
import type { TokenStanding, UserStanding } from './tokens/standing.ts';
import { unitOf } from './unit-of-work.ts';

export interface ProviderOptions extends OAuthDeps {
  readonly keys: readonly JWK[];
  readonly cookieKeys: readonly string[];
  readonly secureCookies: boolean;
  /** Answers a browser with a page that says what is wrong. */
  readonly renderError: (ctx: KoaContextWithOIDC, out: { error: string; error_description?: string }, error: Error) => void | Promise<void>;
}


export const ROUTES = {
  authorization: '/oauth/authorize',
  token: '/oauth/token',
  revocation: '/oauth/revoke',
  introspection: '/oauth/introspect',
  pushed_authorization_request: '/oauth/par',
  userinfo: '/oauth/userinfo',
  jwks: '/oauth/jwks',
} as const;

/** What every access token says besides the standard claims. The subject of a tenant token is the installation. */
const tokenClaims = (standing: TokenStanding) =>
  standing.identity === 'user'
    ? { tenant: standing.grant.value.tenant, identity: 'user' }
    : { tenant: standing.installation.value.tenant, identity: 'tenant', sub: standing.installation.value.id };

/** RFC 8693 section 4.1: the member, and the app that acts for them. */
const actorClaims = ({ user, live }: UserStanding) => ({ sub: user.value.id, act: { sub: live.app.id } });

/** Also for what client_credentials gives a tenant; the token of an operator, or of an app for itself, has no standing. */
function extraTokenClaims(ctx: KoaContextWithOIDC): Record<string, unknown> | undefined {
  const { standing, exchanged } = unitOf(ctx);
  return standing && { ...tokenClaims(standing), ...(exchanged && standing.identity === 'user' ? actorClaims(standing) : {}) };
}

/** The prompts of the authorization flow, in order: sign in first, then consent. */
const prompts = () => {
  const login = interactionPolicy.base().get('login');
  if (!login) throw new Error('oidc-provider has no login prompt');
  return [login, consentPrompt()];
};

export function createProvider(options: ProviderOptions): Provider {
  const { lifetimes, catalogue, clock } = options;
  /** Of an app that was switched off since its token was read, a resource server learns that the token is inactive. */
  const findClient = async (id: string | undefined) => (id === undefined ? undefined : provider.Client.find(id));
  const secondsOf = (_ctx: unknown, token: { readonly resourceServer?: { readonly accessTokenFormat?: string } | undefined }): number =>
    token.resourceServer?.accessTokenFormat === 'jwt' ? lifetimes.jwtAccessToken : lifetimes.accessToken;
  const cookie = { httpOnly: true, sameSite: 'lax', secure: options.secureCookies } as const;

  const configuration: Configuration = {
    adapter: createAdapter(options),
    jwks: { keys: options.keys as never },
    routes: ROUTES,
    scopes: [...PROTOCOL_SCOPES, ...catalogue.permissions.map(({ name }) => name), SHARED_ACCESS, ...GRANT_MANAGEMENT_SCOPES, 'manage', 'read'],
    discovery: { ...grantManagementMetadata(options.issuer), authorization_details_types_supported: [RESOURCE_ACCESS] },
    claims: { openid: ['sub'], profile: ['name'], email: ['email'] },
    responseTypes: ['code'],
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
    assertJwtClientAuthClaimsAndHeader: (ctx, claims, header) => checkClientAssertion(ctx, claims, header, clock()),
    enabledJWA: { dPoPSigningAlgValues: [...PROOF_ALGORITHMS] },
    subjectTypes: ['public'],
    clientDefaults: { id_token_signed_response_alg: 'RS256' },
    extraClientMetadata: { properties: [...CLIENT_PROPERTIES] },
    extraParams: { ...REQUEST_PARAMETERS, identity: (ctx) => asOAuth(() => checkRequest(options, ctx)) },
    pkce: { required: (_ctx, client) => client['assent_pkce'] !== 'exempt' },
    allowOmittingSingleRegisteredRedirectUri: false,
    clientBasedCORS: (_ctx, origin, client) =>
      origin !== 'null' && (client.redirectUris ?? []).some((uri) => URL.parse(uri)?.origin === origin),
    cookies: {
      names: { session: SESSION_COOKIE, interaction: 'assent_interaction', resume: 'assent_resume' },
      keys: [...options.cookieKeys],
      // The session's cookie is 256 random bits that only `sign-in/` mints; a signature would add nothing.
      long: { ...cookie, signed: false },
      // No path: the library binds each to the pages of its own request, so that two tabs do not get in each other's way.
      short: { ...cookie, signed: true },
    },
    interactions: {
      policy: prompts(),
      url: (_ctx, interaction) => `/${interaction.prompt.name === 'login' ? 'sign-in' : 'consent'}/${interaction.uid}`,
    },
    findAccount: async (ctx, id) => {
      const { standing, person } = unitOf(ctx);
      const signedIn = person?.id === id ? person : undefined;
      const known = standing?.identity === 'user' ? standing.user.value : signedIn;
      const user = known ?? (await asOAuth(() => findUser(options, id as UserId)));
      if (user?.id !== id || user.status !== 'active') return undefined;
      return { accountId: id, claims: () => ({ sub: id, name: user.name, email: user.email }) };
    },
    loadExistingGrant: async (ctx) => {
      const user = ctx.oidc.account?.accountId as UserId;
      await asOAuth(() => settleTenancy(options, ctx, user));
      const held = heldBy(ctx);
      if (!held) return undefined;
      if (tenancyOf(ctx).details.length > 0) showDetails(ctx);
      const payload = grantPayload({ ...held, user, app: ctx.oidc.client?.clientId ?? '' }, catalogue, clock());
      return new ctx.oidc.provider.Grant(payload as never);
    },
    issueRefreshToken: (ctx, client, source) =>
      // A tenant token is asked for anew with the app's own credentials; it needs no refresh (RFC 6749 section 4.4.3).
      client.grantTypeAllowed('refresh_token') && source.scopes.has('offline_access') && unitOf(ctx).standing?.identity === 'user',
    rotateRefreshToken: true,
    revokeGrantPolicy: () => false,
    formats: {
      customizers: {
        jwt: (ctx, token, parts) => {
          noteJwt(ctx, token as never, parts.payload ?? {});
          // The library sets `sub` after `extra`; that of a tenant token is its installation.
          const sub = (token.extra as { sub?: string } | undefined)?.sub;
          if (sub !== undefined && parts.payload) parts.payload['sub'] = sub;
        },
      },
    },
    expiresWithSession: () => false,
    extraTokenClaims,
    ttl: {
      AuthorizationCode: () => lifetimes.code,
      AccessToken: secondsOf,
      // Tenant tokens come of it, and no revocation reaches a JWT among them either.
      ClientCredentials: secondsOf,
      RefreshToken: (_ctx, token) => {
        const familyEnds = (token.iiat ?? Math.floor(clock() / 1000)) + lifetimes.refreshFamily;
        return Math.max(1, Math.min(lifetimes.refreshToken, familyEnds - Math.floor(clock() / 1000)));
      },
      IdToken: () => lifetimes.accessToken,
      Interaction: () => lifetimes.interaction,
      Session: () => lifetimes.session,
      Grant: () => lifetimes.refreshFamily,
    },
    features: {
      devInteractions: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      clientCredentials: { enabled: true },
      revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId },
      introspection: { enabled: true, allowedPolicy: async (_ctx, client, token) => mayIntrospect(client, token) && (await findClient(token.clientId)) !== undefined },
      pushedAuthorizationRequests: { enabled: true },
      resourceIndicators: { enabled: true, ...resourceServers(options) },
      richAuthorizationRequests: richAuthorization(options) as never,
      dPoP: { enabled: true, allowReplay: false },
      userinfo: { enabled: true },
    },
    renderError: (ctx, out, error) => options.renderError(ctx, out, error),
  };

  const provider = new Provider(options.issuer, configuration);
  replaceSigningKeys(provider, options.keys);
  rememberClients(provider);
  compareSecretsByDigest(provider);
  buildUrlsFromIssuer(provider);
  nameDetailsApart(provider);
  refuseMalformedForms(provider);
  askForJwtsByName(provider, (token) => jtiOf(provider, token));
  answerIntrospectionWith(provider, introspectionAnswer(options));
  saveRecordsPlainly(provider, extraTokenClaims);
  mintTokenTexts(provider, mintedTexts);
  detectReplaysAtomically(provider, (id, ends) =>
    asOAuth(() => rememberOnce(options, id, Math.max(ends * 1000, clock() + PROOF_MS))),
  );
  wrapGrantTypes(provider, options);
  return provider;
}
