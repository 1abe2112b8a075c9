import type { Deps } from '#src/deps.ts';
import type { UserId } from '#src/ids.ts';
import { capabilitiesOfMember } from '#src/tenants/capabilities.ts';
import { tenantsOf } from '#src/tenants/member-store.ts';
import type { Tenant } from '#src/tenants/tenant.ts';

/** The tenants in which the person may do more than use apps. */
export async function administeredBy(deps: Deps, user: UserId): Promise<Tenant[]> {
  const memberships = await tenantsOf(deps, user);
  const capabilities = await Promise.all(memberships.map(({ member }) => capabilitiesOfMember(deps, member)));
  return memberships.filter((_, place) => (capabilities[place]?.length ?? 0) > 0).map(({ tenant }) => tenant);
}
