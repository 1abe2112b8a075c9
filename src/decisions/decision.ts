import type { Identity } from '#src/approvals/rules.ts';
import type { ErrorCode } from '#src/errors.ts';
import type { AppId, UserId } from '#src/ids.ts';
import type { ResourceRef, Right } from '#src/resources/resource.ts';

/** Who calls: a member alone, somebody from outside, an app alone, or an app for a member. */
export type Subject =
  | { readonly type: 'user'; readonly user: UserId }
  | { readonly type: 'guest'; readonly guest: string }
  | { readonly type: 'app'; readonly app: AppId }
  | { readonly type: 'user+app'; readonly user: UserId; readonly app: AppId }
  | { readonly type: 'guest+app'; readonly guest: string; readonly app: AppId };

/** What the call is about. */
export type Resource =
  /** A node of the resource tree; `owner` is whose it is, where the caller says so. */
  | { readonly type: 'node'; readonly node: ResourceRef; readonly owner: UserId | null }
  /** A context, or something in it that `owner` made. */
  | { readonly type: 'context'; readonly context: string; readonly owner: UserId | null }
  /** What is a member's own: their meetings, their calendar. */
  | { readonly type: 'user_data'; readonly owner: UserId }
  /** What no catalogue knows. */
  | { readonly type: 'unknown' };

/** Who has to hold the right (S5). */
export type Policy = 'user+app' | 'app-only' | 'user-only';

/** Whose fault it is: the member lacks it, the app lacks it, or the tenant stands in the way. */
export type Side = 'user' | 'app' | 'tenant';

/** `invalid_token` is RFC 6750's word for a token that is good for nothing. */
export type DenialCode = Extract<
  ErrorCode,
  | 'insufficient_scope'
  | 'shared_access_not_permitted'
  | 'role_not_permitted'
  | 'not_installed'
  | 'installation_suspended'
  | 'approval_required'
  | 'approval_blocked'
  | 'out_of_availability'
  | 'out_of_data_range'
  | 'app_disabled'
  | 'member_inactive'
  | 'context_ended'
  | 'forbidden'
  | 'not_found'
> | 'invalid_token';

/** What the app would have to be given, for which identity (L7). Without either it has been given nothing at all. */
export interface Lack {
  readonly identity: Identity;
  readonly permission?: string;
  readonly node?: { readonly at: ResourceRef; readonly right: Right };
}

export interface Denial {
  readonly side: Side;
  readonly code: DenialCode;
  readonly missing?: Lack;
}

export type Decision = { readonly allowed: true; readonly policy: Policy } | (Denial & { readonly allowed: false; readonly policy: Policy });

export const policyOf = ({ type }: Subject): Policy => (type === 'app' ? 'app-only' : type.endsWith('+app') ? 'user+app' : 'user-only');

/** Whom the call is made for, where they are a member. */
export const userOf = (subject: Subject): UserId | null => ('user' in subject ? subject.user : null);

export const appOf = (subject: Subject): AppId | null => ('app' in subject ? subject.app : null);
