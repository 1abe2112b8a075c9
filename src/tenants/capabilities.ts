import type { Deps } from '#src/deps.ts';
import type { RoleId } from '#src/ids.ts';

import { isActive, type Member } from './member.ts';
import { capabilitiesOf, isBuiltInRole, type Capability } from './role.ts';
import { findRole } from './role-store.ts';

/** What this member may do for the tenant; somebody inactive may do nothing. */
export async function capabilitiesOfMember(deps: Deps, member: Member | undefined): Promise<readonly Capability[]> {
  if (!isActive(member)) return [];
  if (isBuiltInRole(member.role)) return capabilitiesOf(member.role);
  return capabilitiesOf(member.role, await findRole(deps, member.tenant, member.role as RoleId));
}
