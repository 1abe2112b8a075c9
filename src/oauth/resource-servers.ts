import { errors, type KoaContextWithOIDC, type ResourceServer } from 'oidc-provider';

import { PROTOCOL_SCOPES, SHARED_ACCESS } from '#src/apps/catalogue.ts';
import type { ResourceServer as ResourceServerRecord } from '#src/apps/resource-server.ts';
import { findResourceServerByAudience } from '#src/apps/resource-server-store.ts';

import { asOAuth } from './errors.ts';
import type { OAuthDeps } from './oauth-deps.ts';

/**
 * Resource indicators (RFC 8707). Without `resource`, a token is opaque, bound to no audience, and good for every
 * permission in it. With it, the token is for that resource server alone, in the format that it chose.
 */
export const resourceServers = (deps: OAuthDeps) => ({
  defaultResource: () => undefined as never,
  // A code that was asked for one resource server gives tokens for it without being told again.
  useGrantedResource: () => true,
  async getResourceServerInfo(ctx: KoaContextWithOIDC, resource: string): Promise<ResourceServer> {
    const server = await foundFor(deps, ctx, resource);
    if (!server) throw new errors.InvalidTarget('no resource server is registered for this resource');
    const own = deps.catalogue.permissions.filter((permission) => permission.resource === server.audience);
    return {
      audience: server.audience,
      scope: [...PROTOCOL_SCOPES, ...own.map(({ name }) => name), SHARED_ACCESS].join(' '),
      accessTokenFormat: server.tokenFormat,
      accessTokenTTL: server.tokenFormat === 'jwt' ? deps.lifetimes.jwtAccessToken : deps.lifetimes.accessToken,
      ...(server.tokenFormat === 'jwt' ? { jwt: { sign: { alg: 'ES256' } } } : {}),
    } as ResourceServer;
  },
});

const foundInRequest = new WeakMap<object, Map<string, Promise<ResourceServerRecord | undefined>>>();

/** Looked up once in a request, however often that names the same one (xP15). */
function foundFor(deps: OAuthDeps, ctx: KoaContextWithOIDC, resource: string): Promise<ResourceServerRecord | undefined> {
  const found = foundInRequest.get(ctx) ?? new Map();
  foundInRequest.set(ctx, found);
  const known = found.get(resource) ?? asOAuth(() => findResourceServerByAudience(deps, resource));
  found.set(resource, known);
  return known;
}
