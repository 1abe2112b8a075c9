import { AppError } from '#src/errors.ts';
import type { Actor } from '#src/events.ts';
import type { AppId, ReviewId, TenantId } from '#src/ids.ts';
import { displayNote } from '#src/names.ts';
import { asRead, put } from '#src/storage/record-store.ts';
import { revoke } from '#src/storage/revoke.ts';
import { shardOf } from '#src/storage/shards.ts';
import { expectEntitled } from '#src/tenants/entitlement.ts';

import { readAppFacts, type ApprovalDeps } from './app-facts.ts';
import type { Approval } from './approval.ts';
import { approvalKey, readApprovalFacts, rulesKey } from './approval-store.ts';
import type { Availability } from './availability.ts';
import { nextApproval } from './change-approval.ts';
import { checkAvailability, checkPermissions, covers, isEmpty, needsOwner, union, type PermissionsByIdentity } from './check-approval.ts';
import { statusOf, type Review } from './review.ts';
import { readReview } from './review-store.ts';
import { settleReview, type Settlement } from './settle-review.ts';
import { noteTenantApp } from './tenant-apps.ts';
import { mayReview } from './who-reviews.ts';

export type ReviewVerdict =
  | { readonly is: 'approve'; readonly permissions: PermissionsByIdentity; readonly availability: Availability; readonly reason?: string }
  | { readonly is: 'deny' | 'block'; readonly reason: string };

export interface ReviewToDecide {
  readonly tenant: TenantId;
  readonly review: ReviewId;
  /** What the approver saw being asked for. When more was asked meanwhile, nothing is decided. */
  readonly seen?: PermissionsByIdentity | undefined;
  readonly ifVersion?: number | undefined;
}

/**
 * One durable commit: the review is open and as it was read, the approver is still entitled (xA5), the rules and the
 * approval are as they were judged. Of two decisions at once one is taken; the other is told which (xA6).
 */
export async function decideReview(
  deps: ApprovalDeps,
  { tenant, review: id, seen, ifVersion }: ReviewToDecide,
  verdict: ReviewVerdict,
  actor: Actor,
): Promise<Review> {
  const reason = displayNote(verdict.reason ?? '', '/reason');
  return revoke(deps.store, shardOf(tenant), async () => {
    const record = await readReview(deps, tenant, id);
    if (!record) throw new AppError('not_found');
    const { app, permissions: asked, byOwner } = record.value;
    const now = deps.clock();
    const status = statusOf(record.value, now);
    if (status !== 'open') throw new AppError('review_decided', { detail: DECIDED[status] });
    if (ifVersion !== undefined && record.version !== ifVersion) throw new AppError('precondition_failed');
    if (seen && !covers(seen, asked)) throw new AppError('conflict', { detail: 'More was asked for while this page was open. Look at it again.' });

    const { rules, approval: before, expect } = await readDecidable(deps, tenant, app);
    const entitled = await expectEntitled(deps, tenant, actor, (entitlement) => mayReview({ byOwner }, rules, entitlement));
    const { settlement, changes, restricted } = await outcome(deps, verdict, record.value, reason);
    // Since it was asked for, it may have become a question for an owner: what was approved then was withdrawn, say.
    if (restricted) await expectEntitled(deps, tenant, actor, (entitlement) => mayReview({ byOwner: true }, rules, entitlement));
    const settled = settleReview(record, settlement, actor, now);
    const approval = changes && nextApproval({ tenant, app }, before, { ...changes, review: id }, actor, now);
    return {
      expect: [...settled.expect, ...expect, ...entitled],
      write: [...settled.write, ...(approval ? [put(approvalKey(tenant, app), approval, { tenant }), noteTenantApp(tenant, app)] : [])],
      events: settled.events,
      result: settled.review,
    };
  });
}

const DECIDED: Readonly<Record<Exclude<Review['status'], 'open'>, string>> = {
  approved: 'It was approved already.',
  denied: 'It was denied already.',
  blocked: 'The app was blocked already.',
  expired: 'Nobody decided in time, so it expired. Whoever needs the app can ask again.',
};

/** No and never can be said to an app that is switched off, too. */
async function readDecidable(deps: ApprovalDeps, tenant: TenantId, app: AppId) {
  const facts = await readApprovalFacts(deps, tenant, app);
  return { ...facts, expect: [asRead(approvalKey(tenant, app), facts.approvalRecord), asRead(rulesKey(tenant), facts.rulesRecord)] };
}

async function outcome(
  deps: ApprovalDeps,
  verdict: ReviewVerdict,
  review: Review,
  reason: string,
): Promise<{ settlement: Settlement; changes: Partial<Approval> | undefined; restricted: boolean }> {
  if (verdict.is !== 'approve') {
    const blocks = verdict.is === 'block';
    return { settlement: { status: blocks ? 'blocked' : 'denied', reason }, changes: blocks ? { status: 'blocked' } : undefined, restricted: false };
  }
  if (!covers(review.permissions, verdict.permissions)) throw wrong('Only what was asked for can be approved here.');
  if (isEmpty(verdict.permissions) && !isEmpty(review.permissions)) throw wrong('Choose at least one permission, or deny the request.');
  const { approval, standing } = await readAppFacts(deps, review.tenant, review.app);
  const permissions = checkPermissions(verdict.permissions, standing);
  const availability = await checkAvailability(deps, review.tenant, verdict.availability);
  // What was taken back stays taken back: only what an approval in force allows is kept beside what is new.
  const all = approval?.status === 'approved' ? union(approval.permissions, permissions) : permissions;
  return {
    settlement: { status: 'approved', permissions, reason },
    changes: { status: 'approved', permissions: all, availability, version: standing.version.id },
    restricted: needsOwner(permissions, standing),
  };
}

const wrong = (detail: string) => new AppError('invalid_request', { detail, fields: [{ pointer: '/permissions', detail }] });
