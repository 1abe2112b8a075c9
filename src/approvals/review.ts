import type { AppId, ReviewId, TenantId, UserId, VersionId } from '#src/ids.ts';

import type { Identity } from './rules.ts';

export interface ReviewRequest {
  readonly user: UserId;
  readonly at: string;
  /** In the asker's words; may be empty. */
  readonly reason: string;
  /** A path of ours that leads the asker back to where they stopped. */
  readonly resume: string | null;
  /** How often this person asked. */
  readonly times: number;
}

/** What the question came of. */
export type ReviewCause = 'request' | 'install' | 'new_version' | 'app';

export interface ReviewDecision {
  /** `null` for an operator. */
  readonly by: UserId | null;
  readonly at: string;
  readonly reason: string;
  /** What was approved of it; of the others, nothing. */
  readonly granted: Readonly<Record<Identity, readonly string[]>>;
}

/** One question put to a tenant's approvers about an app version and a set of permissions. */
export interface Review {
  readonly id: ReviewId;
  readonly tenant: TenantId;
  readonly app: AppId;
  readonly version: VersionId;
  readonly cause: ReviewCause;
  readonly permissions: Readonly<Record<Identity, readonly string[]>>;
  /** An owner has to decide, because something in it is restricted. */
  readonly byOwner: boolean;
  readonly status: 'open' | 'approved' | 'denied' | 'blocked' | 'expired';
  /** Who asked, the first one first; each person once, with their latest words. */
  readonly requests: readonly ReviewRequest[];
  readonly decision: ReviewDecision | null;
  readonly createdAt: string;
  readonly expiresAt: string;
  /** How many days before its end the last reminder was sent. */
  readonly remindedAt: number | null;
}

const DAY_MS = 86_400_000;
const REVIEW_DAYS = 30;
/** Reminders go out these many days before the end. */
const REMINDER_DAYS: readonly number[] = [7, 1];

export const expiryOf = (now: number): string => new Date(now + REVIEW_DAYS * DAY_MS).toISOString();

/** Expired at its very moment, whether or not that was written down yet. */
export const statusOf = ({ status, expiresAt }: Review, now: number): Review['status'] =>
  status === 'open' && Date.parse(expiresAt) <= now ? 'expired' : status;

/** When something is to be done about an open review next: a reminder, or its end. */
export function nextDue({ expiresAt, remindedAt }: Review): number {
  const next = REMINDER_DAYS.find((days) => remindedAt === null || days < remindedAt) ?? 0;
  return Date.parse(expiresAt) - next * DAY_MS;
}

/** How many days before the end the reminder stands that is due at `now`; `undefined` when none is. */
export const reminderDue = (review: Review, now: number): number | undefined =>
  REMINDER_DAYS.findLast((days) => Date.parse(review.expiresAt) - days * DAY_MS <= now && (review.remindedAt === null || days < review.remindedAt));
