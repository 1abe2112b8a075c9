import type { AppId, ReviewId, TenantId, VersionId } from '#src/ids.ts';
import type { Actor } from '#src/events.ts';

import type { Availability } from './availability.ts';

/** What a tenant lets an app hold at most, for each identity, and for which members. */
export interface Approval {
  readonly tenant: TenantId;
  readonly app: AppId;
  /** While it is withdrawn or blocked, nothing of the app works in the tenant, whatever the rules say. */
  readonly status: 'approved' | 'withdrawn' | 'blocked';
  readonly permissions: { readonly user: readonly string[]; readonly tenant: readonly string[] };
  readonly availability: Availability;
  /** The version that was looked at, and the review that it came of, if any. */
  readonly version: VersionId | null;
  readonly review: ReviewId | null;
  /**
   * Raised when the app is removed from the tenant. Grants and installations carry the one they were given under, so
   * that one commit ends them all (xA7), for good. 0 where there never was an approval.
   */
  readonly generation: number;
  /** Shut by removing the app, and nothing was allowed since: there is nothing left to remove. */
  readonly removed?: boolean;
  /**
   * How often it was shut so far: withdrawn, blocked or removed. Codes and tokens carry the count they were given under,
   * so none of them comes back when the app is approved again (I2); what members and admins said yes to does.
   */
  readonly shuts: number;
  readonly decidedBy: Actor;
  readonly decidedAt: string;
}
