import { PROTOCOL_SCOPES, SHARED_ACCESS, type Catalogue } from '#src/apps/catalogue.ts';
import type { Version } from '#src/apps/app.ts';
import { isResourcePermission, resourcePermission, resourcesOf } from '#src/apps/resource-permissions.ts';
import { allowedPermissions, decide, generationOf, mayUse, type AppInTenant } from '#src/approvals/decide.ts';
import type { Identity } from '#src/approvals/rules.ts';
import type { Installation } from '#src/installations/installation.ts';
import { holdsRight, type EffectiveGrant, type ResourceGrant } from '#src/resources/resource.ts';
import type { Member } from '#src/tenants/member.ts';

import type { Grant } from './grant.ts';

/** What an app version may ask for at most for user identity: declared and still in the catalogue, and the protocol's own scopes. */
export function declaredForUser(version: Version, catalogue: Catalogue): string[] {
  const { required, optional } = version.permissions.user;
  const inCatalogue = (name: string) => isScope(name, 'user', catalogue);
  return [...PROTOCOL_SCOPES, ...[...required, ...optional].filter(inCatalogue)];
}

export function declaredForTenant(version: Version, catalogue: Catalogue): string[] {
  const { required, optional } = version.permissions.tenant;
  return [...required, ...optional].filter((name) => isScope(name, 'tenant', catalogue));
}

/** Rights on nodes are in no scope. */
const isScope = (name: string, identity: Identity, catalogue: Catalogue): boolean =>
  !isResourcePermission(name) && (catalogue.find(name)?.identities.includes(identity) ?? false);

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

/**
 * What an app holds on nodes right now, of what it was given: as far as the version in use asks for it and the tenant lets
 * it (I4), so that a node can stand there more than once. Whether the nodes can be reached, and which template they are made
 * from, is read from the tree.
 */
export function effectiveResources(given: readonly ResourceGrant[] | undefined, identity: Identity, standing: AppInTenant): EffectiveGrant[] {
  if (given === undefined || given.length === 0) return [];
  const asked = resourcesOf(standing.version, identity).filter((each) => decide(resourcePermission(identity, each), identity, standing).treatment === 'auto');
  return given.flatMap((grant) =>
    asked.filter(({ kind }) => kind === grant.kind).map(({ right, template }) => ({ ...grant, right: holdsRight(grant.right, right) ? right : grant.right, template })),
  );
}
