import { errors, type KoaContextWithOIDC } from 'oidc-provider';

import { SHARED_ACCESS } from '#src/apps/catalogue.ts';
import { declaredForUser } from '#src/consent/effective-permissions.ts';
import type { AppId } from '#src/ids.ts';

import type { OAuthDeps } from './oauth-deps.ts';
import { scopeAsSent } from './provider-internals.ts';

/** What Assent adds to an authorization request. Their values are checked by `checkRequest`, which runs for each request. */
export const REQUEST_PARAMETERS = { tenant: null, include_granted_scopes: null } as const;

const IDENTITIES = ['user'];

/** Checks of our own on an authorization request or a pushed one; the redirect URI is already known to be the app's. */
export async function checkRequest(deps: OAuthDeps, ctx: KoaContextWithOIDC): Promise<void> {
  const params = ctx.oidc.params as Record<string, string | undefined>;
  if (params['identity'] !== undefined && !IDENTITIES.includes(params['identity'])) {
    throw new errors.InvalidRequest(`identity must be ${IDENTITIES.join(' or ')}`);
  }
  keepOfflineAccess(ctx, params);
  const live = await deps.apps.find(ctx.oidc.client?.clientId as AppId);
  const known = new Set(live ? [...declaredForUser(live.version, deps.catalogue), SHARED_ACCESS] : []);
  const unknown = [...ctx.oidc.requestParamScopes].find((scope) => !known.has(scope));
  if (unknown !== undefined) {
    throw new errors.InvalidScope(`the app did not declare the permission ${unknown} for user identity`, unknown);
  }
}

/**
 * OpenID Connect Core 1.0 section 11 lets a server grant `offline_access` without `prompt=consent` where another
 * condition holds: here the person said yes to it on the consent page, and that is remembered.
 */
function keepOfflineAccess(ctx: KoaContextWithOIDC, params: Record<string, string | undefined>): void {
  const asked = scopeAsSent(ctx)?.split(' ').includes('offline_access') ?? false;
  if (!asked || !ctx.oidc.client?.grantTypeAllowed('refresh_token')) return;
  params['scope'] = [...new Set([...(params['scope'] ?? '').split(' ').filter(Boolean), 'offline_access'])].join(' ');
}
