import type { DelegationId, MembershipId, TenantId, UserId } from '#src/ids.ts';

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
