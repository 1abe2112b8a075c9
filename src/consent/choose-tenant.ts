import type { Member } from '#src/tenants/member.ts';
import type { Tenant } from '#src/tenants/tenant.ts';

/** As `tenantsOf` gives them: active ones, of active tenants. */
export interface Membership {
  readonly tenant: Tenant;
  readonly member: Member;
}

/**
 * The tenant that the page is about. A wanted one that is not among them gives `undefined`, never another one: the
 * same answer for a tenant that does not exist, is suspended, or is simply not theirs.
 */
export function chooseTenant(memberships: readonly Membership[], wanted: string | undefined): Membership | undefined {
  if (wanted !== undefined) return memberships.find(({ tenant }) => tenant.id === wanted);
  return memberships.toSorted((a, b) => (a.member.joinedAt < b.member.joinedAt ? -1 : 1))[0];
}
