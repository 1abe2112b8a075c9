import { PROTOCOL_SCOPES, SHARED_ACCESS, type Catalogue } from '#src/apps/catalogue.ts';
import type { Version } from '#src/apps/app.ts';

import type { Grant } from './grant.ts';

/** What an app version may hold for user identity at most: declared and still in the catalogue, and the protocol's own scopes. */
export function declaredForUser(version: Version, catalogue: Catalogue): string[] {
  const { required, optional } = version.permissions.user;
  const inCatalogue = (name: string) => catalogue.find(name)?.identities.includes('user') ?? false;
  return [...PROTOCOL_SCOPES, ...[...required, ...optional].filter(inCatalogue)];
}

/**
 * The scope of a user token as it is right now (I4: token ⊆ grant ⊆ declared). `ceiling` is what the token was minted
 * with; shared access follows the grant, so that a live token gains or loses it at once (Z5).
 */
export function effectiveScope(
  ceiling: readonly string[],
  { grant, version, catalogue }: { grant: Grant; version: Version; catalogue: Catalogue },
): string[] {
  const declared = new Set(declaredForUser(version, catalogue));
  const granted = new Set(grant.permissions);
  const scope = ceiling.filter((name) => name !== SHARED_ACCESS && granted.has(name) && declared.has(name));
  return grant.sharedAccess && version.sharedAccess ? [...scope, SHARED_ACCESS] : scope;
}
