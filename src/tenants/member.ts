import type { GroupId, MembershipId, TenantId, UserId } from '#src/ids.ts';

/** A user in one tenant. */
export interface Member {
  readonly tenant: TenantId;
  readonly user: UserId;
  /** One stay in the tenant. What was bound to an earlier stay stays dead (threat xT6). */
  readonly membership: MembershipId;
  /** `owner`, `admin`, `member` or the id of a custom role. */
  readonly role: string;
  readonly status: 'active' | 'inactive';
  readonly groups: readonly GroupId[];
  readonly joinedAt: string;
}

export const isActive = (member: Member | undefined): member is Member => member?.status === 'active';
