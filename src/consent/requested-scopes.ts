import type { Version } from '#src/apps/app.ts';
import { PROTOCOL_SCOPES, type Catalogue } from '#src/apps/catalogue.ts';

import { declaredForUser } from './effective-permissions.ts';
import type { Grant } from './grant.ts';

/** A request's scope values, sorted by what the person has to do with them. No value stands in two lists. */
export interface RequestedScopes {
  /** New, and part of every yes. */
  readonly required: readonly string[];
  /** New, and the person's choice. */
  readonly optional: readonly string[];
  /** Given before and still possible: told, not asked. */
  readonly held: readonly string[];
}

export const isProtocolScope = (scope: string): boolean => (PROTOCOL_SCOPES as readonly string[]).includes(scope);

/**
 * Only what the app asked for *and* its version declares for user identity can be given. What else a request holds is
 * refused by name before any page is shown; here it just has no effect, `shared_access` included (Z4).
 */
export function sortScopes(
  asked: readonly string[],
  version: Version,
  catalogue: Catalogue,
  grant: Grant | undefined,
): RequestedScopes {
  const declared = [...new Set(declaredForUser(version, catalogue))];
  const isHeld = (name: string) => grant?.permissions.includes(name) ?? false;
  const isRequired = (name: string) => isProtocolScope(name) || version.permissions.user.required.includes(name);
  const fresh = declared.filter((name) => asked.includes(name) && !isHeld(name));
  return {
    required: fresh.filter(isRequired),
    optional: fresh.filter((name) => !isRequired(name)),
    held: declared.filter(isHeld),
  };
}
