import type { MembershipId, TenantId, UserId } from '#src/ids.ts';

/** What somebody may do on a node, from least to most; each holds those before it, and all below the node (S2). */
export const RIGHTS = ['read', 'write', 'manage', 'full_control'] as const;
export type Right = (typeof RIGHTS)[number];

/** A node is named by the platform: its kind of `config/resources.yaml`, and an id that is unique among these in the tenant. */
export interface ResourceRef {
  readonly kind: string;
  readonly id: string;
}

/** One node of a tenant's resource tree. */
export interface ResourceNode extends ResourceRef {
  readonly tenant: TenantId;
  readonly title: string;
  /** `null` at the top of a tree. */
  readonly parent: ResourceRef | null;
  /** What a list was made from, where its kind knows templates (S3). */
  readonly template: string | null;
  /** What lies under a recycled node cannot be reached, until that is restored (S13). */
  readonly status: 'active' | 'recycled';
  /**
   * The nodes above, from the top, as they were when this was written. A hint that saves round trips: whoever follows it
   * compares each link with the node's own `parent`, so that moving a node is one write however much is below.
   */
  readonly path: readonly ResourceRef[];
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** What a member may do on a node and below. It ends with the stay in the tenant in which it was given. */
export interface ResourceRight {
  readonly tenant: TenantId;
  readonly node: ResourceRef;
  readonly user: UserId;
  readonly membership: MembershipId;
  readonly right: Right;
}

/** What an app was given on one node, in a grant or an installation. */
export interface ResourceGrant extends ResourceRef {
  readonly right: Right;
}

/** What a version of an app asks for on a node of some kind, which a person then picks. */
export interface RequestedResource {
  readonly kind: string;
  readonly right: Right;
  /** Only nodes made from it can be picked; `null` for any. */
  readonly template: string | null;
  readonly required: boolean;
}

export const holdsRight = (held: Right, needed: Right): boolean => RIGHTS.indexOf(held) >= RIGHTS.indexOf(needed);
