import type { AppId, GroupId, InstallationId, MembershipId, TenantId, UserId, VersionId } from '#src/ids.ts';
import type { ChosenNode, ResourceGrant } from '#src/resources/resource.ts';
import { isActive, type Member } from '#src/tenants/member.ts';

/** Where a tenant token's data stops (L6). */
export type DataRange =
  | { readonly kind: 'all' }
  | { readonly kind: 'some'; readonly groups: readonly GroupId[]; readonly members: readonly UserId[] };

/** An app in a tenant, acting as itself. There is one for each tenant and app; its id is the `sub` of its tokens. */
export interface Installation {
  readonly id: InstallationId;
  readonly tenant: TenantId;
  readonly app: AppId;
  /** The version that was consented to last. */
  readonly version: VersionId;
  /** Tenant-identity permissions that an admin consented to. */
  readonly permissions: readonly string[];
  readonly dataRange: DataRange;
  /** Chosen nodes, with what the app may do there by itself. Absent where there are none. */
  readonly resources?: readonly ResourceGrant[];
  readonly status: 'active' | 'suspended';
  readonly installedBy: UserId;
  /** See `Approval.generation`. */
  readonly generation: number;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** What an admin decided on the consent page. It becomes the installation in the commit that stores the code. */
export interface InstallDecision {
  readonly tenant: TenantId;
  /** The ticked and required permissions that were shown, and nothing else. */
  readonly permissions: readonly string[];
  readonly dataRange: DataRange;
  /** The nodes that were chosen, with what each takes. */
  readonly resources?: readonly ChosenNode[];
  /** The record versions that the page was made from: the code is only issued if these still stand. */
  readonly basis: { readonly membership: MembershipId; readonly installation: number | null };
}

/** Whether a tenant token reaches this member's data. Nobody who left, or is inactive, is in any range. */
export const isWithinDataRange = (range: DataRange, member: Member | undefined): boolean =>
  isActive(member) &&
  (range.kind === 'all' || range.members.includes(member.user) || range.groups.some((group) => member.groups.includes(group)));

const sameIds = (left: readonly string[], right: readonly string[]): boolean =>
  left.length === right.length && left.every((id) => right.includes(id));

export const sameDataRange = (left: DataRange, right: DataRange): boolean =>
  left.kind === 'some' && right.kind === 'some'
    ? sameIds(left.groups, right.groups) && sameIds(left.members, right.members)
    : left.kind === right.kind;
