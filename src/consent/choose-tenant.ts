import { isActive, type Member } from '#src/tenants/member.ts';
import type { Tenant } from '#src/tenants/tenant.ts';

export interface Membership {
  readonly tenant: Tenant;
  readonly member: Member;
}

/** The memberships in which a person can use an app now, by the tenant's name. */
export const usableMemberships = (memberships: readonly Membership[]): readonly Membership[] =>
  memberships
    .filter(({ tenant, member }) => tenant.status === 'active' && isActive(member))
    .toSorted((a, b) => a.tenant.name.localeCompare(b.tenant.name, 'en') || (a.tenant.id < b.tenant.id ? -1 : 1));

/**
 * The tenant that the page is about. A wanted one that is not among them gives `undefined`, never another one: the
 * same answer for a tenant that does not exist, is suspended, or is simply not theirs.
 */
export function chooseTenant(usable: readonly Membership[], wanted: string | undefined): Membership | undefined {
  if (wanted !== undefined) return usable.find(({ tenant }) => tenant.id === wanted);
  return usable.toSorted((a, b) => (a.member.joinedAt < b.member.joinedAt ? -1 : 1))[0];
}
