import { AppError, type FieldProblem } from '#src/errors.ts';
import type { Actor } from '#src/events.ts';
import type { UserId } from '#src/ids.ts';

import type { DelegablePermissions } from './delegation.ts';

/** Nobody gives away what is somebody else's: the giver does it, or the platform for them. */
export const mayGiveFor = (giver: UserId, actor: Actor): boolean =>
  actor.kind === 'user' ? actor.id === giver : actor.kind !== 'app';

/** The permissions without repeats. They must be there for user identity; `shared_access` itself never is. */
export function checkPermissions(catalogue: DelegablePermissions, permissions: readonly string[]): string[] {
  const fields: FieldProblem[] = permissions
    .filter((name) => catalogue.find(name)?.onNodes === true || !catalogue.find(name)?.identities.includes('user'))
    .map((name) => ({ pointer: '/permissions', detail: `"${name.slice(0, 100)}" is not a permission for user identity.` }));
  if (permissions.length === 0) fields.push({ pointer: '/permissions', detail: 'Name at least one permission.' });
  if (fields.length > 0) throw new AppError('invalid_request', { fields });
  return [...new Set(permissions)];
}

/** The end in one form, and in milliseconds. */
export function checkEnd(endsAt: string | null, now: number): { endsAt: string | null; expiresAt: number | null } {
  if (endsAt === null) return { endsAt: null, expiresAt: null };
  const expiresAt = Date.parse(endsAt);
  if (!(expiresAt > now)) {
    throw new AppError('invalid_request', { fields: [{ pointer: '/endsAt', detail: 'Give a time in the future (ISO 8601), or null.' }] });
  }
  return { endsAt: new Date(expiresAt).toISOString(), expiresAt };
}
