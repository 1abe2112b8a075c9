import type { AppId, GrantId, MembershipId, TenantId, UserId } from '#src/ids.ts';
import type { ChosenNode, ResourceGrant } from '#src/resources/resource.ts';

/** What one member gave one app in one tenant. There is one for each member, app and tenant (L5). */
export interface Grant {
  readonly id: GrantId;
  readonly tenant: TenantId;
  readonly user: UserId;
  /** The stay in the tenant in which it was given; it ends with that stay. */
  readonly membership: MembershipId;
  readonly app: AppId;
  /** Scope values: permissions of the catalogue and protocol scopes. Never `shared_access`. */
  readonly permissions: readonly string[];
  /** What was shown and not ticked: not asked again unless the app sends `prompt=consent`. */
  readonly declined: readonly string[];
  /** What the member put to the tenant's reviewers: asked again only once it is approved (L12). */
  readonly requested: readonly string[];
  readonly sharedAccess: boolean;
  /** Chosen nodes, with what the app may do there. Absent where there are none. */
  readonly resources?: readonly ResourceGrant[];
  /** See `Approval.generation`. */
  readonly generation: number;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/**
 * What a yes makes of the grant that stands. `merge`: it joins it (L5). `replace`: it holds what was said now, and nothing
 * else. `create`: it ends with all its tokens, and another one takes its place.
 */
export type GrantManner = 'create' | 'merge' | 'replace';

/** What a person decided on the consent page. It becomes part of the grant in the commit that stores the code. */
export interface ConsentDecision {
  readonly tenant: TenantId;
  /** The ticked and required permissions that were shown, and nothing else. */
  readonly permissions: readonly string[];
  readonly sharedAccess: boolean;
  /** What was shown as needing approval, and put to the reviewers with this answer. */
  readonly requested?: readonly string[];
  /** The nodes that were chosen, with what each takes. */
  readonly resources?: readonly ChosenNode[];
  /** What was asked for on nodes and left: remembered as declined. */
  readonly leftResources?: readonly string[];
  /** The record versions that the page was made from: the code is only issued if these still stand (xC7, xT6). */
  readonly basis: { readonly membership: MembershipId; readonly grantSlot: number | null };
}
