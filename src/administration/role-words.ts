import type { Deps } from '#src/deps.ts';
import { displayText } from '#src/http/display-text.ts';
import type { TenantId } from '#src/ids.ts';
import type { Entitlement } from '#src/tenants/entitlement.ts';
import type { Member } from '#src/tenants/member.ts';
import { capabilitiesOf, type Capability } from '#src/tenants/role.ts';
import { rolesOf } from '#src/tenants/role-store.ts';

export interface RoleWords {
  readonly id: string;
  readonly name: string;
  readonly capabilities: readonly Capability[];
}

const MOST_ROLES = 200;

const BUILT_IN = [['owner', 'Owner'], ['admin', 'Admin'], ['member', 'Member']] as const;

const CAPABILITY_WORDS: Readonly<Record<Capability, string>> = {
  'apps.manage': 'decide on apps, install and remove them',
  'apps.view': 'see the apps of the organisation',
  'members.manage': 'manage members',
  'audit.view': 'read the audit trail',
};

/** Every role of the tenant, the built-in ones first. */
export async function rolesInWords(deps: Deps, tenant: TenantId): Promise<RoleWords[]> {
  const { records } = await rolesOf(deps, tenant, { limit: MOST_ROLES });
  return [
    ...BUILT_IN.map(([id, name]) => ({ id, name, capabilities: capabilitiesOf(id) })),
    ...records.map(({ value }) => ({ id: value.id, name: displayText(value.name) || value.id, capabilities: value.capabilities })),
  ];
}

/** One that was removed while somebody was given it may do nothing. */
export const roleNamed = (roles: readonly RoleWords[], id: string): RoleWords => roles.find((role) => role.id === id) ?? { id, name: 'A role that is gone', capabilities: [] };

/** Whether somebody with these powers may change a member of this role, or give it (`expectMayChange` decides). */
export const isWithin = ({ id, capabilities }: RoleWords, by: Pick<Entitlement, 'member' | 'capabilities'>): boolean =>
  by.capabilities.includes('members.manage') &&
  (by.member.role === 'owner' || (id !== 'owner' && capabilities.every((each) => by.capabilities.includes(each))));

/** What a member could do before and cannot after, and the other way round. */
export function roleChange(before: RoleWords, after: RoleWords): { gained: string[]; lost: string[] } {
  const words = (some: readonly Capability[], without: readonly Capability[]) => some.filter((each) => !without.includes(each)).map((each) => CAPABILITY_WORDS[each]);
  const own = (role: RoleWords, other: RoleWords) => (role.id === 'owner' && other.id !== 'owner' ? ['make and change owners, and approve what is restricted'] : []);
  return {
    gained: [...words(after.capabilities, before.capabilities), ...own(after, before)],
    lost: [...words(before.capabilities, after.capabilities), ...own(before, after)],
  };
}

export const isSelf = ({ user }: Pick<Member, 'user'>, by: Pick<Entitlement, 'member'>): boolean => by.member.user === user;
