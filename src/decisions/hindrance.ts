import { isForTenant } from '#src/apps/app.ts';
import { generationOf, mayUse, type AppInTenant } from '#src/approvals/decide.ts';
import type { Installation } from '#src/installations/installation.ts';
import { isActive, type Member } from '#src/tenants/member.ts';
import type { Tenant } from '#src/tenants/tenant.ts';
import type { User } from '#src/tenants/user.ts';

import type { Denial } from './decision.ts';

/** Why nothing can be done for this member, in any app or none. */
export const hindranceOfMember = (
  tenant: Tenant | undefined,
  user: User | undefined,
  member: Member | undefined,
): Denial | undefined =>
  tenant?.status === 'active' && user?.status === 'active' && isActive(member) ? undefined : { code: 'member_inactive', side: 'user' };

/** Why the app can do nothing in the tenant, or nothing for `member`. */
export function hindranceOfApp(standing: AppInTenant | undefined, member?: Pick<Member, 'user' | 'groups'>): Denial | undefined {
  if (standing?.app.status !== 'active') return { code: 'app_disabled', side: 'app' };
  if (!isForTenant(standing.app, standing.rules.tenant)) return { code: 'not_installed', side: 'tenant' };
  if (standing.approval?.status === 'blocked') return { code: 'approval_blocked', side: 'tenant' };
  if (standing.approval?.status === 'withdrawn') return { code: 'approval_required', side: 'tenant' };
  return member && !mayUse(member, standing) ? { code: 'out_of_availability', side: 'tenant' } : undefined;
}

/** Why the app cannot act as itself there, given that it can do anything. */
export function hindranceOfInstallation(tenant: Tenant | undefined, installation: Installation | undefined, standing: AppInTenant): Denial | undefined {
  const stands = tenant?.status === 'active' && installation?.generation === generationOf(standing.approval);
  if (!stands) return { code: 'not_installed', side: 'tenant' };
  return installation.status === 'suspended' ? { code: 'installation_suspended', side: 'tenant' } : undefined;
}
