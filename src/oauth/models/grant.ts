import { SHARED_ACCESS } from '#src/apps/catalogue.ts';
import type { OAuthDeps } from '../oauth-deps.ts';
import { effectiveScope } from '#src/consent/effective-permissions.ts';
import type { Grant } from '#src/consent/grant.ts';
import type { Version } from '#src/apps/app.ts';
import { findGrantById } from '#src/consent/grant-store.ts';

import type { Model } from '../adapter.ts';
import { unitOf } from '../unit-of-work.ts';
import { currentRequest } from './current-request.ts';

const FAR_FUTURE_SECONDS = 10 ** 9;

/**
 * A grant as oidc-provider reads it. Every resource server's part is the whole scope: the library cuts it down to the
 * scopes of the resource server that a token is for.
 */
export function grantPayload(
  grant: Grant,
  { version, catalogue, now }: { version: Version; catalogue: OAuthDeps['catalogue']; now: number },
) {
  const scope = effectiveScope(grant.permissions, { grant, version, catalogue }).join(' ');
  const audiences = new Set(catalogue.permissions.map(({ resource }) => resource));
  const seconds = Math.floor(now / 1000);
  return {
    kind: 'Grant',
    jti: grant.id,
    accountId: grant.user,
    clientId: grant.app,
    openid: { scope },
    resources: Object.fromEntries([...audiences].map((audience) => [audience, scope])),
    iat: seconds,
    exp: seconds + FAR_FUTURE_SECONDS,
  };
}

/** Grants are made by the consent flow, never by the library; it only reads them. */
export const grantModel = (deps: OAuthDeps): Model => ({
  async find(id) {
    const { standing } = unitOf(currentRequest());
    if (standing?.grant.value.id === id) {
      return grantPayload(standing.grant.value, { version: standing.live.version, catalogue: deps.catalogue, now: deps.clock() });
    }
    const record = await findGrantById(deps, id);
    const live = record && (await deps.apps.find(record.value.app));
    return record && live && grantPayload(record.value, { version: live.version, catalogue: deps.catalogue, now: deps.clock() });
  },
  /** See `revokeGrantPolicy`: the grant outlives its tokens. Members and admins end it, and the app by RFC 7009. */
  async destroy() {},
});

/** The ceiling of a code and its refresh tokens always has it: whether it counts is the grant's to say, at each read. */
export const withSharedAccess = (scope: unknown): string =>
  [...new Set([...String(scope ?? '').split(' ').filter(Boolean), SHARED_ACCESS])].join(' ');
