import { findApp, findLiveApp } from '#src/apps/app-store.ts';
import { findVersion } from '#src/apps/version-store.ts';
import type { ReviewId, UserId } from '#src/ids.ts';
import type { StoredRecord } from '#src/storage/record-store.ts';
import type { Entitlement } from '#src/tenants/entitlement.ts';
import type { Tenant } from '#src/tenants/tenant.ts';
import { usersByIds } from '#src/tenants/user-store.ts';

import type { ApprovalDeps } from './app-facts.ts';
import { appLine, type AppLine } from './app-line.ts';
import { readApprovalFacts } from './approval-store.ts';
import { audienceForm, audienceWords, draftOf, type AudienceDraft, type AudienceForm } from './audience-form.ts';
import type { PermissionsByIdentity } from './check-approval.ts';
import { allowedNow, byIdentity, type IdentityWords } from './permission-words.ts';
import { statusOf, type Review, type ReviewCause } from './review.ts';
import { mayReview, reviewersOf } from './who-reviews.ts';

export interface ReviewFacts {
  readonly id: ReviewId;
  readonly status: Review['status'];
  readonly app: AppLine;
  readonly version: string;
  readonly cause: string;
  readonly byOwner: boolean;
  readonly asked: readonly IdentityWords[];
  readonly held: readonly IdentityWords[];
  readonly heldFor: string;
  readonly requests: readonly { readonly name: string; readonly at: string; readonly reason: string; readonly times: number }[];
  readonly askers: number;
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly decision: { readonly word: string; readonly by: string; readonly at: string; readonly reason: string; readonly granted: readonly IdentityWords[]; readonly refused: readonly IdentityWords[] } | null;
  /** Names of those who decide. */
  readonly reviewers: readonly string[];
  readonly mayDecide: boolean;
  /** The choices of the form, for those who may decide while it is open. */
  readonly form: { readonly ticked: PermissionsByIdentity; readonly audience: AudienceForm } | null;
}

const CAUSES: Readonly<Record<ReviewCause, string>> = {
  request: 'A member asked for it.',
  install: 'Somebody wanted to install it for the whole organisation.',
  new_version: 'A new version of the app asks for more.',
  app: 'The app itself asks for more.',
};

const DECISION_WORDS: Readonly<Record<Review['status'], string>> = {
  open: 'Open',
  approved: 'Approved',
  denied: 'Denied',
  blocked: 'App blocked',
  expired: 'Expired',
};
export const statusWord = (status: Review['status']): string => DECISION_WORDS[status];

const MOST_SHOWN = 50;

export interface ReviewDraft {
  readonly permissions: PermissionsByIdentity;
  readonly audience: AudienceDraft;
}

export async function reviewFacts(
  deps: ApprovalDeps,
  tenant: Tenant,
  { value: review }: StoredRecord<Review>,
  viewer: Pick<Entitlement, 'member' | 'capabilities'>,
  draft?: ReviewDraft,
): Promise<ReviewFacts> {
  const shown = review.requests.slice(0, MOST_SHOWN);
  const [app, live, asked, facts, reviewers, users] = await Promise.all([
    findApp(deps, review.app),
    findLiveApp(deps, review.app),
    findVersion(deps, review.app, review.version),
    readApprovalFacts(deps, tenant.id, review.app),
    reviewersOf(deps, review),
    usersByIds(deps, peopleIn(review, shown)),
  ]);
  const { approval, rules } = facts;
  const standing = live && { ...live, rules, approval, catalogue: deps.catalogue };
  const status = statusOf(review, deps.clock());
  const mayDecide = status === 'open' && mayReview(review, rules, viewer);
  const nameOf = (user: UserId | null) => (user === null ? 'An operator of the platform' : (users.get(user)?.name ?? 'Somebody who has left'));
  const audience: AudienceDraft = draft?.audience ?? draftOf(approval?.status === 'approved' ? approval.availability : { kind: 'everyone' });
  return {
    id: review.id,
    status,
    app: appLine(app),
    version: asked === undefined ? '' : asked.id === app?.liveVersion ? `${asked.number}, the one in use` : `${asked.number}; it is not the one in use`,
    cause: CAUSES[review.cause],
    byOwner: review.byOwner,
    asked: byIdentity(review.permissions, deps.catalogue),
    held: standing === undefined ? [] : byIdentity(without(allowedNow(standing), review.permissions), deps.catalogue),
    heldFor: approval?.status === 'approved' ? await audienceWords(deps, tenant, approval.availability) : '',
    requests: shown.map(({ user, ...request }) => ({ ...request, name: nameOf(user) })),
    askers: review.requests.length,
    createdAt: review.createdAt,
    expiresAt: review.expiresAt,
    decision: review.decision && {
      word: statusWord(review.status),
      by: nameOf(review.decision.by),
      at: review.decision.at,
      reason: review.decision.reason,
      granted: byIdentity(review.decision.granted, deps.catalogue),
      refused: review.status === 'approved' ? byIdentity(without(review.permissions, review.decision.granted), deps.catalogue) : [],
    },
    reviewers: reviewers.people.map(({ name }) => name),
    mayDecide,
    form: mayDecide ? { ticked: draft?.permissions ?? review.permissions, audience: await audienceForm(deps, tenant, audience) } : null,
  };
}

const peopleIn = (review: Review, shown: Review['requests']): UserId[] => [
  ...shown.map(({ user }) => user),
  ...(review.decision?.by ? [review.decision.by] : []),
];

const without = (all: PermissionsByIdentity, less: PermissionsByIdentity): PermissionsByIdentity => ({
  user: all.user.filter((name) => !less.user.includes(name)),
  tenant: all.tenant.filter((name) => !less.tenant.includes(name)),
});

