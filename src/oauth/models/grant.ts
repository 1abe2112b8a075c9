import { SHARED_ACCESS } from '#src/apps/catalogue.ts';
import type { OAuthDeps } from '../oauth-deps.ts';

import type { Model } from '../adapter.ts';
import { scopeNow } from '../tokens/standing.ts';
import { unitOf } from '../unit-of-work.ts';
import { currentRequest } from './current-request.ts';

const FAR_FUTURE_SECONDS = 10 ** 9;

/**
 * A grant as oidc-provider reads it. Every resource server's part is the whole scope: the library cuts it down to the
 * scopes of the resource server that a token is for.
 */
export function grantPayload(
  { id, user, app, scope: names }: { id: string; user: string; app: string; scope: readonly string[] },
  catalogue: OAuthDeps['catalogue'],
  now: number,
) {
  const scope = names.join(' ');
  const audiences = new Set(catalogue.permissions.map(({ resource }) => resource));
  const seconds = Math.floor(now / 1000);
  return {
    kind: 'Grant',
    jti: id,
    accountId: user,
    clientId: app,
    openid: { scope },
    resources: Object.fromEntries([...audiences].map((audience) => [audience, scope])),
    iat: seconds,
    exp: seconds + FAR_FUTURE_SECONDS,
  };
}

/**
 * Grants are made by the consent flow, never by the library; it only reads them, always after the code or token that
 * hangs on them. For a tenant token it is the installation, in the name of the admin who asked for the code.
 */
export const grantModel = (deps: OAuthDeps): Model => ({
  async find(id) {
    const { standing, code } = unitOf(currentRequest());
    if (standing?.identity === 'user' && standing.grant.value.id === id) {
      const { user, app, permissions } = standing.grant.value;
      return grantPayload({ id, user, app, scope: scopeNow(standing, permissions) }, deps.catalogue, deps.clock());
    }
    if (standing?.identity === 'tenant' && standing.installation.value.id === id) {
      const { app, permissions } = standing.installation.value;
      const user = String(code?.value.payload['accountId']);
      return grantPayload({ id, user, app, scope: scopeNow(standing, permissions) }, deps.catalogue, deps.clock());
    }
    // The way to `consumeGrantSource` of the library, which ends what came of a code that was used before.
    if (code?.consumedAt && code.value.payload['grantId'] === id) {
      const { accountId, clientId } = code.value.payload;
      return grantPayload({ id, user: String(accountId), app: String(clientId), scope: [] }, deps.catalogue, deps.clock());
    }
    return undefined;
  },
  /** See `revokeGrantPolicy`: the grant outlives its tokens. Members and admins end it, and the app by RFC 7009. */
  async destroy() {},
});

/** The ceiling of a code and its refresh tokens always has it: whether it counts is the grant's to say, at each read. */
export const withSharedAccess = (scope: unknown): string =>
  [...new Set([...String(scope ?? '').split(' ').filter(Boolean), SHARED_ACCESS])].join(' ');
