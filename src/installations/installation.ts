import type { AppId, GroupId, InstallationId, TenantId, UserId, VersionId } from '#src/ids.ts';

/** Where a tenant token's data stops (L6). */
export type DataRange =
  | { readonly kind: 'all' }
  | { readonly kind: 'some'; readonly groups: readonly GroupId[]; readonly members: readonly UserId[] };

/** An app in a tenant, acting as itself. There is one for each tenant and app; its id is the `sub` of its tokens. */
export interface Installation {
  readonly id: InstallationId;
  readonly tenant: TenantId;
  readonly app: AppId;
  readonly version: VersionId;
  /** Tenant-identity permissions that an admin consented to. */
  readonly permissions: readonly string[];
  readonly dataRange: DataRange;
  readonly status: 'active' | 'suspended';
  readonly installedBy: UserId;
  /** See `Approval.generation`. */
  readonly generation: number;
  readonly createdAt: string;
  readonly updatedAt: string;
}
