import type { AppId, ReviewId, TenantId, UserId, VersionId } from '#src/ids.ts';

import type { Identity } from './rules.ts';

export interface ReviewRequest {
  readonly user: UserId;
  readonly at: string;
  /** In the asker's words; may be empty. */
  readonly reason: string;
  /** A path of ours that leads the asker back to where they stopped. */
  readonly resume: string | null;
}

/** One question put to a tenant's approvers about an app version and a set of permissions. */
export interface Review {
  readonly id: ReviewId;
  readonly tenant: TenantId;
  readonly app: AppId;
  readonly version: VersionId;
  readonly permissions: Readonly<Record<Identity, readonly string[]>>;
  /** An owner has to decide, because something in it is restricted. */
  readonly byOwner: boolean;
  readonly status: 'open' | 'approved' | 'denied' | 'blocked' | 'expired';
  /** Who asked, the first one first; each person once, with their latest words. */
  readonly requests: readonly ReviewRequest[];
  readonly decision: { readonly by: UserId | null; readonly at: string; readonly reason: string } | null;
  readonly createdAt: string;
  readonly expiresAt: string;
}
