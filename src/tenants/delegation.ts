import type { DelegationId, MembershipId, TenantId, UserId } from '#src/ids.ts';

import { isActive, type Member } from './member.ts';

/**
 * The giver lets the receiver act on the giver's data with named permissions, until it ends. It is bound to one stay
 * of each in the tenant: when either leaves, it is over and does not come back.
 */
export interface Delegation {
  readonly id: DelegationId;
  readonly tenant: TenantId;
  readonly giver: UserId;
  readonly giverMembership: MembershipId;
  readonly receiver: UserId;
  readonly receiverMembership: MembershipId;
  readonly permissions: readonly string[];
  readonly createdAt: string;
  /** ISO 8601, or `null` for until somebody ends it. */
  readonly endsAt: string | null;
}

/** What delegations need to know of the operator's catalogue. */
export interface DelegablePermissions {
  /** One on nodes cannot be delegated: members have rights of their own there. */
  find(name: string): { readonly identities: readonly string[]; readonly onNodes?: boolean } | undefined;
}

/** Whether both are still, or again, in the very stay in which it was given. */
export const inSameStay = (delegation: Delegation, giver: Member | undefined, receiver: Member | undefined): boolean =>
  giver?.membership === delegation.giverMembership && receiver?.membership === delegation.receiverMembership;

/** Whether it counts now. That it has neither ended nor expired is said by its record being there. */
export const isLive = (delegation: Delegation, giver: Member | undefined, receiver: Member | undefined): boolean =>
  inSameStay(delegation, giver, receiver) && isActive(giver) && isActive(receiver);
