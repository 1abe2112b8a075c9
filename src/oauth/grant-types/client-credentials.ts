import { errors, type KoaContextWithOIDC } from 'oidc-provider';

import { isShut, shutsOf } from '#src/approvals/decide.ts';
import { installationScope } from '#src/consent/effective-permissions.ts';
import { AppError, type ErrorCode } from '#src/errors.ts';
import type { AppId, TenantId } from '#src/ids.ts';
import { missingPermission } from '#src/marketplace/missing-permission.ts';
import type { ReadBeside } from '#src/storage/recent-reads.ts';

import { GRANT_MANAGEMENT_SCOPES } from '../grant-management.ts';
import type { OAuthDeps } from '../oauth-deps.ts';
import { readTenantFacts, tenantStandingIn, type TenantStanding } from '../tokens/standing.ts';
import { unitOf } from '../unit-of-work.ts';

/** A standard code, and in front of the description the word that says why (BEHAVIOURS, "Words on the wire"). */
const refusal = (code: ErrorCode): Error => new errors.UnauthorizedClient(`${code}: ${new AppError(code).message}`);

/**
 * What `grant_type=client_credentials` is for: with `tenant`, an app gets a tenant token there (L2, L3); without, an
 * app token that opens no data; an operator gets a token for the management API. Runs before the library's handler.
 */
export async function prepareClientCredentials(deps: OAuthDeps, ctx: KoaContextWithOIDC): Promise<void> {
  const params = ctx.oidc.params as Record<string, string | undefined>;
  const { client } = ctx.oidc;
  if (client?.['assent_kind'] !== 'app') {
    // RFC 6749 section 3.3: without `scope`, all that this credential may have.
    params['scope'] ??= client?.scope;
    return;
  }
  if (params['tenant'] === undefined) {
    const isOwn = (name: string) => (GRANT_MANAGEMENT_SCOPES as readonly string[]).includes(name);
    if (params['scope']?.split(' ').every(isOwn) === false) throw new errors.InvalidRequest('name the tenant that the scope is for');
    return;
  }
  // What is meant for no resource server is opaque, and read through all of it again with each use: see docs/decisions/what-may-be-a-second-old.md.
  const read = params['resource'] === undefined ? deps.readBeside : undefined;
  const standing = await tenantStanding(deps, params['tenant'] as TenantId, client.clientId as AppId, read);
  unitOf(ctx).standing = standing;
  params['scope'] = (await narrowed(deps, ctx, standing, params['scope'])).join(' ');
}

/** A tenant that the app is not in looks like a tenant that is not there (I5). One round trip, also for the refusal. */
async function tenantStanding(deps: OAuthDeps, tenant: TenantId, app: AppId, read?: ReadBeside): Promise<TenantStanding> {
  const facts = await readTenantFacts(deps, { tenant, app, family: null }, read);
  const [installation, approval] = [facts.installation?.value, facts.approval?.value];
  if (!installation) throw refusal('not_installed');
  const binding = { identity: 'tenant', tenant, app, family: null, shuts: shutsOf(approval), installation: installation.id } as const;
  const standing = tenantStandingIn(deps, binding, facts);
  if (standing) return standing;
  if (installation.status === 'suspended') throw refusal('installation_suspended');
  if (isShut(approval)) throw refusal(approval?.status === 'blocked' ? 'approval_blocked' : 'approval_required');
  throw refusal('not_installed');
}

/** All that is installed, or less when the app asks for less. What it does not hold is refused by name (L2, L7). */
async function narrowed(
  deps: OAuthDeps,
  ctx: KoaContextWithOIDC,
  { installation, app }: TenantStanding,
  asked: string | undefined,
): Promise<string[]> {
  const held = installationScope(installation.value, app);
  if (asked === undefined) return held;
  const names = [...new Set(asked.split(' ').filter(Boolean))];
  const lacking = names.find((name) => !held.includes(name));
  if (lacking !== undefined) {
    const { tenant, app: id } = installation.value;
    const missing = await missingPermission(deps, { tenant, app: id, identity: 'tenant', permission: lacking });
    if (missing) unitOf(ctx).missing = missing;
    throw new errors.InvalidScope(`insufficient_scope: the app does not hold ${lacking} in this tenant`, lacking);
  }
  return names;
}
