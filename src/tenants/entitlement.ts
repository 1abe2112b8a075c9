import type { Deps } from '#src/deps.ts';
import { AppError } from '#src/errors.ts';
import type { Actor } from '#src/events.ts';
import type { RoleId, TenantId, UserId } from '#src/ids.ts';
import { absent, present, unchanged, type Expectation, type StoredRecord } from '#src/storage/record-store.ts';

import { isActive, type Member } from './member.ts';
import { readMember } from './member-records.ts';
import { capabilitiesOf, isBuiltInRole, type Capability } from './role.ts';
import { readRole, roleKey } from './role-store.ts';
import { tenantKey } from './tenant-store.ts';

/** An active member, what they may do, and what has to be so in a commit that relies on it (threat xA5). */
export interface Entitlement {
  readonly member: Member;
  readonly capabilities: readonly Capability[];
  readonly expect: readonly Expectation[];
}

export const managesApps = ({ capabilities }: Pick<Entitlement, 'capabilities'>): boolean => capabilities.includes('apps.manage');
export const isOwner = ({ member }: Pick<Entitlement, 'member'>): boolean => member.role === 'owner';

export const entitlementOf = async (deps: Deps, tenant: TenantId, user: UserId): Promise<Entitlement | undefined> =>
  entitlementIn(deps, await readMember(deps, tenant, user));

/** The same of a member's record that was read just now. */
export async function entitlementIn(deps: Deps, record: StoredRecord<Member> | undefined): Promise<Entitlement | undefined> {
  if (!record || !isActive(record.value)) return undefined;
  const { value: member } = record;
  if (isBuiltInRole(member.role)) return { member, capabilities: capabilitiesOf(member.role), expect: [unchanged(record)] };
  const [id, { tenant }] = [member.role as RoleId, member];
  const role = await readRole(deps, tenant, id);
  return {
    member,
    capabilities: capabilitiesOf(member.role, role?.value),
    expect: [unchanged(record), role ? unchanged(role) : absent(roleKey(tenant, id))],
  };
}

/**
 * What has to be so in a commit that `actor` may only make when `may` says so of them as a member. Operators and
 * Assent itself may act in every tenant that there is.
 */
export async function expectEntitled(
  deps: Deps,
  tenant: TenantId,
  actor: Actor,
  may: (entitlement: Entitlement) => boolean,
): Promise<readonly Expectation[]> {
  if (actor.kind === 'operator' || actor.kind === 'system') return [present(tenantKey(tenant))];
  const entitlement = actor.kind === 'user' ? await entitlementOf(deps, tenant, actor.id) : undefined;
  if (!entitlement || !may(entitlement)) throw new AppError('forbidden');
  return entitlement.expect;
}
