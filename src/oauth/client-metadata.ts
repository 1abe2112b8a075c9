import type { AdapterPayload } from 'oidc-provider';

import type { App, ClientSecret, Version } from '#src/apps/app.ts';
import type { ResourceServer } from '#src/apps/resource-server.ts';
import type { Operator } from '#src/operators/operator.ts';

import { TOKEN_EXCHANGE } from './grant-types/token-exchange.ts';

/**
 * What oidc-provider is told of its clients. There are three sorts, told apart by `assent_kind`: apps get tokens,
 * resource servers introspect them, operators use the management API. `assent_secrets` are digests; the library's own
 * `client_secret` has to be there for clients with a secret but is never compared (see provider-internals.ts).
 */
export const CLIENT_PROPERTIES = ['assent_kind', 'assent_secrets', 'assent_pkce', 'assent_audience'] as const;

const UNUSED_SECRET = 'kept-as-a-digest';

const common = (digests: readonly string[]) => ({
  assent_secrets: [...digests],
  id_token_signed_response_alg: 'RS256' as const,
});

const digests = (secrets: readonly ClientSecret[]): string[] => secrets.map(({ digest }) => digest);

/** RFC 8252: a public client that also returns to this device's own loopback or to a private scheme. */
const isNative = (app: App, version: Version): boolean =>
  app.authMethod === 'none' && version.redirectUris.some((uri) => !uri.startsWith('https:'));

export const appMetadata = ({ app, version }: { app: App; version: Version }): AdapterPayload => ({
  ...common(digests(app.secrets)),
  assent_kind: 'app',
  assent_pkce: app.authMethod === 'none' ? 'required' : app.pkce,
  client_id: app.id,
  client_name: app.name,
  ...(app.authMethod.startsWith('client_secret') ? { client_secret: UNUSED_SECRET } : {}),
  token_endpoint_auth_method: app.authMethod,
  ...(app.jwks ? { jwks: app.jwks } : {}),
  application_type: isNative(app, version) ? 'native' : 'web',
  redirect_uris: [...version.redirectUris],
  post_logout_redirect_uris: [...version.postLogoutRedirectUris],
  // A public client has no credentials to come with as itself.
  grant_types: ['authorization_code', 'refresh_token', ...(app.authMethod === 'none' ? [] : ['client_credentials', TOKEN_EXCHANGE])],
  response_types: ['code' as const],
  dpop_bound_access_tokens: app.dpopBound,
});

export const resourceServerMetadata = (server: ResourceServer): AdapterPayload => ({
  ...common([server.secretDigest]),
  assent_kind: 'resource_server',
  assent_audience: server.audience,
  client_id: server.id,
  client_name: server.name,
  client_secret: UNUSED_SECRET,
  token_endpoint_auth_method: 'client_secret_basic',
  redirect_uris: [],
  grant_types: [],
  response_types: [],
});

export const operatorMetadata = (operator: Operator): AdapterPayload => ({
  ...common(digests(operator.secrets)),
  assent_kind: 'operator',
  client_id: operator.id,
  client_name: operator.name,
  client_secret: UNUSED_SECRET,
  token_endpoint_auth_method: 'client_secret_basic',
  scope: operator.scopes.join(' '),
  redirect_uris: [],
  grant_types: ['client_credentials'],
  response_types: [],
});
