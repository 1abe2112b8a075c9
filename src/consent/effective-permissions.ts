import { PROTOCOL_SCOPES, SHARED_ACCESS, type Catalogue } from '#src/apps/catalogue.ts';
import type { Version } from '#src/apps/app.ts';
import { allowedPermissions, generationOf, mayUse, type AppInTenant } from '#src/approvals/decide.ts';
import type { Installation } from '#src/installations/installation.ts';
import type { Member } from '#src/tenants/member.ts';

import type { Grant } from './grant.ts';

/** What an app version may ask for at most for user identity: declared and still in the catalogue, and the protocol's own scopes. */
export function declaredForUser(version: Version, catalogue: Catalogue): string[] {
  const { required, optional } = version.permissions.user;
  const inCatalogue = (name: string) => catalogue.find(name)?.identities.includes('user') ?? false;
  return [...PROTOCOL_SCOPES, ...[...required, ...optional].filter(inCatalogue)];
}

export function declaredForTenant(version: Version, catalogue: Catalogue): string[] {
  const { required, optional } = version.permissions.tenant;
  return [...required, ...optional].filter((name) => catalogue.find(name)?.identities.includes('tenant') ?? false);
}

/** Whether a grant still counts: given in this stay of the member, under this generation, and the app is there for them. */
export const grantStands = (grant: Grant, member: Member, standing: AppInTenant): boolean =>
  grant.membership === member.membership &&
  grant.generation === generationOf(standing.approval) &&
  mayUse(member, standing);

/**
 * The scope of a user token as it is right now (I4: token ⊆ grant ⊆ approval ⊆ declared). `ceiling` is what the token
 * was minted with; shared access follows the grant, so that a live token gains or loses it at once (Z5).
 */
export function effectiveScope(ceiling: readonly string[], grant: Grant, standing: AppInTenant): string[] {
  const allowed = new Set([...PROTOCOL_SCOPES, ...allowedPermissions('user', standing)]);
  const granted = new Set(grant.permissions);
  const scope = ceiling.filter((name) => name !== SHARED_ACCESS && granted.has(name) && allowed.has(name));
  return grant.sharedAccess && standing.version.sharedAccess ? [...scope, SHARED_ACCESS] : scope;
}

/** What a tenant token can hold right now (I4: token ⊆ installation ⊆ approval ⊆ declared). */
export function installationScope(installation: Installation, standing: AppInTenant): string[] {
  const allowed = new Set(allowedPermissions('tenant', standing));
  return installation.permissions.filter((name) => allowed.has(name));
}
