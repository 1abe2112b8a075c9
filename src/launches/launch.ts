import type { AppId, ContextId, GrantId, MembershipId, TenantId, UserId } from '#src/ids.ts';
import type { ResourceRef } from '#src/resources/resource.ts';

/** Where an app is to be opened. */
export interface LaunchPlace {
  readonly context: ContextId | null;
  readonly resource: ResourceRef | null;
}

/**
 * What the app may know of the person: nothing of who it is; that it is a member, under a name of the app's own; or who,
 * with what they have let the app do (R1).
 */
export type Authorization = 'unauthenticated' | 'authenticated' | 'authorized';

/** What stands behind a context token. Its exchange consumes it, so it is good for once (I1). */
export interface MintedLaunch {
  readonly tenant: TenantId;
  readonly app: AppId;
  /** Who opened the app: a member, in this stay, or a guest. */
  readonly person: { readonly user: UserId; readonly membership: MembershipId } | { readonly guest: string };
  /** `null` where the person has given the app nothing. */
  readonly grant: GrantId | null;
  /** See `Approval.shuts`. */
  readonly shuts: number;
  readonly context: ContextId | null;
  /** In the context, as the token says. */
  readonly role: string | null;
}

/** What a context token says (S8). */
export interface ContextClaims {
  readonly iss: string;
  readonly aud: AppId;
  /** The user, or `context_id` where the app may not know who it is. */
  readonly sub: string;
  readonly jti: string;
  readonly iat: number;
  readonly exp: number;
  readonly tenant: TenantId;
  readonly identity: 'user' | 'tenant';
  readonly authorization: Authorization;
  readonly resource: ResourceRef | null;
  readonly role: string | null;
  readonly permissions: readonly string[];
  readonly shared_access: boolean;
  readonly token_endpoint: string;
  readonly context: { readonly kind: string; readonly id: ContextId } | null;
  readonly context_id: string;
}

/** The `typ` of their header: a JWT of another sort never passes for one, nor one of these for another (RFC 8725 section 3.11). */
export const CONTEXT_JWT = 'context+jwt';

/** The longest that a context token can live, in seconds. */
export const LONGEST = 300;
