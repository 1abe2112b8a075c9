import type { Deps } from '#src/deps.ts';
import type { TenantId, UserId } from '#src/ids.ts';
import { type Entitlement, managesApps } from '#src/tenants/entitlement.ts';
import { isActive } from '#src/tenants/member.ts';
import { membersWithRole } from '#src/tenants/member-records.ts';
import { memberKey } from '#src/tenants/member-store.ts';
import { rolesOf } from '#src/tenants/role-store.ts';
import { usersByIds } from '#src/tenants/user-store.ts';

import { rulesIn, rulesKey } from './approval-store.ts';
import type { Review } from './review.ts';
import type { Rules } from './rules.ts';

/**
 * Whether this member decides on the review (L10). Owners always do: the rules are theirs to change, and no review may
 * be left without anybody.
 */
export function mayReview({ byOwner }: Pick<Review, 'byOwner'>, { reviewers }: Pick<Rules, 'reviewers'>, { member, capabilities }: Pick<Entitlement, 'member' | 'capabilities'>): boolean {
  if (member.role === 'owner') return true;
  if (byOwner || reviewers.kind === 'owners') return false;
  return reviewers.kind === 'people' ? reviewers.people.includes(member.user) : capabilities.includes('apps.manage');
}

export interface Reviewers {
  /** Why it is they. */
  readonly as: 'owners' | 'app_admins' | 'people';
  readonly people: readonly { readonly user: UserId; readonly name: string }[];
}

const MOST_NAMED = 20;

/** Those who are asked, for the requester to see: the named people or app admins that there are, else the owners. */
export async function reviewersOf(deps: Deps, { tenant, byOwner }: Pick<Review, 'tenant' | 'byOwner'>): Promise<Reviewers> {
  const [record] = await deps.store.read(rulesKey(tenant));
  const { reviewers } = rulesIn(record, tenant);
  if (!byOwner && reviewers.kind !== 'owners') {
    const people = reviewers.kind === 'people' ? await activeAmong(deps, tenant, reviewers.people) : await appAdmins(deps, tenant);
    if (people.length > 0) return named(deps, reviewers.kind, people);
  }
  return named(deps, 'owners', await activeWithRole(deps, tenant, 'owner'));
}

async function named(deps: Deps, as: Reviewers['as'], ids: readonly UserId[]): Promise<Reviewers> {
  const shown = ids.slice(0, MOST_NAMED);
  const users = await usersByIds(deps, shown);
  return { as, people: shown.map((user) => ({ user, name: users.get(user)?.name ?? '' })).filter(({ name }) => name !== '') };
}

async function activeAmong({ store }: Deps, tenant: TenantId, people: readonly UserId[]): Promise<UserId[]> {
  const members = await store.read(...people.map((user) => memberKey(tenant, user)));
  return people.filter((_, place) => isActive(members[place]?.value));
}

const activeWithRole = async (deps: Deps, tenant: TenantId, role: string): Promise<UserId[]> =>
  (await membersWithRole(deps, tenant, role, { status: 'active', limit: MOST_NAMED })).records.map(({ value }) => value.user);

/** Without the owners, who come in where there is no such person. */
async function appAdmins(deps: Deps, tenant: TenantId): Promise<UserId[]> {
  const custom = await rolesOf(deps, tenant, { limit: 200 });
  const roles = custom.records.filter(({ value }) => managesApps(value)).map(({ value }) => value.id);
  const people = await Promise.all(['admin', ...roles].map((role) => activeWithRole(deps, tenant, role)));
  return people.flat();
}
