import { isForTenant } from '#src/apps/app.ts';
import { decide, isShut, mayUse, type AppInTenant } from '#src/approvals/decide.ts';
import type { Identity } from '#src/approvals/rules.ts';
import type { Review } from '#src/approvals/review.ts';
import type { PendingRequest } from '#src/sign-in/pending-request.ts';
import type { Member } from '#src/tenants/member.ts';
import type { Capability } from '#src/tenants/role.ts';

import { resourceAsks } from './resource-asks.ts';
import type { SortedScopes } from './requested-scopes.ts';
import { isProtocolScope } from './requested-scopes.ts';

/** Why nothing can be given in this tenant now. */
export type Hindrance =
  | 'other_tenants_app'
  | 'app_blocked'
  | 'app_withdrawn'
  | 'not_entitled'
  | 'suspended'
  | 'out_of_availability'
  | 'permission_blocked'
  | 'approval_required'
  | 'right_missing';

export const identitiesOf = ({ identity }: Pick<PendingRequest, 'identity'>): readonly Identity[] => identity.split(' ') as Identity[];

/** What is asked for, by identity; `undefined` for an identity that is not. */
export interface AskedScopes {
  readonly user: SortedScopes | undefined;
  readonly tenant: SortedScopes | undefined;
}

export interface Circumstances {
  readonly standing: AppInTenant;
  readonly member: Member;
  readonly capabilities: readonly Capability[];
  /** The person holds a grant that stands, or the tenant an installation: what it has goes on working (R10, L15). */
  readonly holds: Readonly<Record<Identity, boolean>>;
  readonly suspended: boolean;
  /** Something that the app cannot do without takes a right on a node that the person does not have (S4). */
  readonly rightMissing: boolean;
}

/**
 * The first that fits. Once an app is approved, or in use, a permission that it lacks takes nothing away: it works with
 * fewer (R10, L15), and the version in use goes on with what it has.
 */
export function hindrance({ user, tenant }: AskedScopes, { standing, member, capabilities, holds, suspended, rightMissing }: Circumstances): Hindrance | undefined {
  const { app, rules, approval } = standing;
  if (!isForTenant(app, rules.tenant)) return 'other_tenants_app';
  if (approval?.status === 'blocked') return 'app_blocked';
  if (isShut(approval)) return 'app_withdrawn';
  if (tenant && !capabilities.includes('apps.manage')) return 'not_entitled';
  if (tenant && suspended) return 'suspended';
  if (user && !mayUse(member, standing)) return 'out_of_availability';

  const needed = [
    ...(user && !holds.user && approval?.status !== 'approved' ? [user] : []),
    ...(tenant && !holds.tenant ? [tenant] : []),
  ];
  if (needed.some(({ missing, blocked }) => missing.some((name) => blocked.includes(name)))) return 'permission_blocked';
  if (needed.some(({ missing }) => missing.length > 0)) return 'approval_required';
  return rightMissing ? 'right_missing' : undefined;
}

/** What reviewers are asked when a person who cannot go on asks for approval. */
export function wishOf({ user, tenant }: AskedScopes, why: Hindrance): Readonly<Record<Identity, readonly string[]>> {
  const asksForApp = why === 'app_withdrawn' || why === 'out_of_availability';
  const of = (sorted: SortedScopes | undefined) =>
    sorted === undefined
      ? []
      : [...sorted.inReview, ...sorted.approving, ...(asksForApp ? [...sorted.required, ...sorted.optional, ...sorted.held, ...sorted.onNodes.map(({ permission }) => permission)] : [])];
  const names = (sorted: SortedScopes | undefined) => [...new Set(of(sorted))].filter((name) => !isProtocolScope(name));
  return { user: names(user), tenant: names(tenant) };
}

/** Whether asking can help at all. */
export function canAsk(why: Hindrance, wish: ReturnType<typeof wishOf>): boolean {
  if (['other_tenants_app', 'app_blocked', 'permission_blocked', 'suspended', 'right_missing'].includes(why)) return false;
  return why === 'app_withdrawn' || why === 'out_of_availability' || wish.user.length + wish.tenant.length > 0;
}

/** Whether what is asked for, or was asked for by others in the same review, takes an owner to decide. */
export const needsOwner = (request: PendingRequest, standing: AppInTenant, open: Review | undefined): boolean =>
  (open?.byOwner ?? false) ||
  identitiesOf(request).some((identity) => request.scopes.some((name) => decide(name, identity, standing).byOwner)) ||
  resourceAsks(request, standing.version).some(({ permission, identity }) => decide(permission, identity, standing).byOwner);
