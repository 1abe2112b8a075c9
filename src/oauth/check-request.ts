import { errors, type KoaContextWithOIDC } from 'oidc-provider';

import type { LiveApp } from '#src/apps/app.ts';
import { SHARED_ACCESS, type Catalogue } from '#src/apps/catalogue.ts';
import type { Identity } from '#src/approvals/rules.ts';
import { declaredForTenant, declaredForUser } from '#src/consent/effective-permissions.ts';
import type { AppId } from '#src/ids.ts';

import { checkGrantManagement, GRANT_MANAGEMENT_PARAMETERS } from './grant-management.ts';
import type { OAuthDeps } from './oauth-deps.ts';
import { DETAILS_ASKED, scopeAsSent } from './provider-internals.ts';
import { checkResourcesAsked } from './resource-access.ts';

/** What Assent adds to an authorization request. Their values are checked by `checkRequest`, which runs for each request. */
export const REQUEST_PARAMETERS = { tenant: null, include_granted_scopes: null, authorization_details: null, [DETAILS_ASKED]: null, ...GRANT_MANAGEMENT_PARAMETERS } as const;

/** In the order in which they are written, whatever order the app wrote them in. */
const IDENTITIES = ['user', 'tenant'] as const;

export type AskedIdentity = 'user' | 'tenant' | 'user tenant';

/** Which kinds of token a request is for; `user` when it does not say. `undefined` for what is none. */
function parseIdentity(text: string | undefined): AskedIdentity | undefined {
  if (text === undefined) return 'user';
  const words = text.split(' ');
  const known = IDENTITIES.filter((identity) => words.includes(identity));
  return known.length === words.length && known.length > 0 ? (known.join(' ') as AskedIdentity) : undefined;
}

export const identityOf = (text: string | undefined): AskedIdentity => parseIdentity(text) ?? 'user';

export const identityAsked = (ctx: KoaContextWithOIDC): AskedIdentity =>
  identityOf((ctx.oidc.params as Record<string, string | undefined>)['identity']);

/** What the version in use declares for the identities that are asked for. */
const declaredFor = ({ version }: LiveApp, catalogue: Catalogue, identity: AskedIdentity): string[] => [
  ...(identity === 'tenant' ? ['openid'] : declaredForUser(version, catalogue)),
  ...(identity === 'user' ? [] : declaredForTenant(version, catalogue)),
];

/** Checks of our own on an authorization request or a pushed one; the redirect URI is already known to be the app's. */
export async function checkRequest(deps: OAuthDeps, ctx: KoaContextWithOIDC): Promise<void> {
  const params = ctx.oidc.params as Record<string, string | undefined>;
  const identity = parseIdentity(params['identity']);
  if (identity === undefined) throw new errors.InvalidRequest('identity must be user, tenant, or both');
  // The tenant token of the pair is bound to no audience; one that is would have to be asked for by itself.
  if (identity === 'user tenant' && params['resource'] !== undefined) {
    throw new errors.InvalidTarget('resource goes with one identity at a time');
  }
  await checkGrantManagement(deps, params);
  keepOfflineAccess(ctx, params);
  const live = await deps.apps.find(ctx.oidc.client?.clientId as AppId);
  const known = new Set(live ? [...declaredFor(live, deps.catalogue, identity), SHARED_ACCESS] : []);
  checkResourcesAsked(deps, live, identity.split(' ') as Identity[], params);
  // As it was sent: the library has already dropped the names that nobody knows (S4).
  const asked = (scopeAsSent(ctx) ?? '').split(' ').filter(Boolean);
  const unknown = asked.find((scope) => !known.has(scope));
  if (unknown !== undefined) {
    throw new errors.InvalidScope(`the app did not declare the permission ${unknown} for ${identity} identity`, unknown);
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
