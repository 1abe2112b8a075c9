import type { Deps } from '#src/deps.ts';
import { AppError } from '#src/errors.ts';
import type { Actor } from '#src/events.ts';
import type { RoleId, TenantId } from '#src/ids.ts';
import { absent, unchanged, type Expectation } from '#src/storage/record-store.ts';

import { entitlementOf } from './entitlement.ts';
import type { Member } from './member.ts';
import { capabilitiesOf, isBuiltInRole, type Capability } from './role.ts';
import { readRole, roleKey } from './role-store.ts';

/**
 * What has to be so in the commit by which `actor` changes or removes a member. An owner may do all of it; others who
 * manage members only for those who may do no more than they themselves, and give no role that may. So nobody makes
 * themselves more than they are, and only an owner makes or unmakes an owner. Operators and Assent itself may do all.
 */
export async function expectMayChange(deps: Deps, { tenant, role }: Member, nextRole: string, actor: Actor): Promise<readonly Expectation[]> {
  if (actor.kind === 'operator' || actor.kind === 'system') return [];
  const entitlement = actor.kind === 'user' ? await entitlementOf(deps, tenant, actor.id) : undefined;
  if (!entitlement?.capabilities.includes('members.manage')) throw new AppError('forbidden');
  if (entitlement.member.role === 'owner') return entitlement.expect;
  const roles = [...new Set([role, nextRole])];
  if (roles.includes('owner')) throw new AppError('forbidden', { detail: 'Only an owner can change an owner, or make somebody one.' });
  const powers = await Promise.all(roles.map((each) => powerOf(deps, tenant, each)));
  if (powers.some(({ capabilities }) => capabilities.some((each) => !entitlement.capabilities.includes(each)))) {
    throw new AppError('forbidden', { detail: 'This role may do more than you may. Somebody who may do as much can do this.' });
  }
  return [...entitlement.expect, ...powers.flatMap(({ expect }) => expect)];
}

async function powerOf(deps: Deps, tenant: TenantId, role: string): Promise<{ capabilities: readonly Capability[]; expect: readonly Expectation[] }> {
  if (isBuiltInRole(role)) return { capabilities: capabilitiesOf(role), expect: [] };
  const id = role as RoleId;
  const record = await readRole(deps, tenant, id);
  return { capabilities: capabilitiesOf(role, record?.value), expect: [record ? unchanged(record) : absent(roleKey(tenant, id))] };
}
