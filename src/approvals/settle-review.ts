import type { Deps } from '#src/deps.ts';
import { happened, type Actor, type AssentEvent, type Happening } from '#src/events.ts';
import type { AppId, TenantId } from '#src/ids.ts';
import { put, remove, unchanged, type Expectation, type StoredRecord, type Write } from '#src/storage/record-store.ts';

import { covers, NOTHING, type PermissionsByIdentity } from './check-approval.ts';
import type { Review } from './review.ts';
import { openReview, openReviewKey } from './review-store.ts';

export type Settlement =
  | { readonly status: 'approved'; readonly permissions: PermissionsByIdentity; readonly reason?: string }
  | { readonly status: 'denied' | 'blocked'; readonly reason?: string };

export interface SettledReview {
  readonly expect: readonly Expectation[];
  readonly write: readonly Write[];
  readonly events: readonly AssentEvent[];
}

export const NO_REVIEW: SettledReview = { expect: [], write: [], events: [] };

/** The writes that end an open review; whoever commits them expects it as it was read, so one decision is taken (xA6). */
export function settleReview(record: StoredRecord<Review>, settlement: Settlement, actor: Actor, now: number): SettledReview & { readonly review: Review } {
  const { value: before } = record;
  const { tenant, app, id } = before;
  const granted = settlement.status === 'approved' ? settlement.permissions : NOTHING;
  const review: Review = {
    ...before,
    status: settlement.status,
    decision: { by: actor.kind === 'user' ? actor.id : null, at: new Date(now).toISOString(), reason: settlement.reason ?? '', granted },
  };
  const what: Happening =
    settlement.status === 'approved'
      ? { type: 'review.approved', tenant, app, review: id, userPermissions: granted.user, tenantPermissions: granted.tenant }
      : { type: `review.${settlement.status}`, tenant, app, review: id };
  return {
    review,
    expect: [unchanged(record)],
    write: [put(record.key, review, { tenant }), remove(openReviewKey(tenant, app))],
    events: [happened(what, { actor, now })],
  };
}

/** A decision on the app itself answers the review that is open for it, if it answers all of it. */
export async function settleOpenReview(
  deps: Deps,
  { tenant, app }: { readonly tenant: TenantId; readonly app: AppId },
  settlement: Settlement,
  actor: Actor,
): Promise<SettledReview> {
  const record = await openReview(deps, tenant, app);
  const answered = record && (settlement.status !== 'approved' || covers(settlement.permissions, record.value.permissions));
  return answered ? settleReview(record, withinReview(settlement, record.value), actor, deps.clock()) : NO_REVIEW;
}

const withinReview = (settlement: Settlement, { permissions }: Review): Settlement =>
  settlement.status === 'approved' ? { ...settlement, permissions } : settlement;
