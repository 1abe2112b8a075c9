import { AppError } from '#src/errors.ts';
import { adminFrame, adminOf, adminPath, type AdminSection } from '#src/http/admin-frame.ts';
import type { Tone } from '#src/http/badge.ts';
import { csrfToken } from '#src/http/csrf.ts';
import { displayTime } from '#src/http/display-time.ts';
import { addressOf, placeInList } from '#src/http/place-in-list.ts';
import { postedForm, type PostedForm } from '#src/http/posted-form.ts';
import { queryField } from '#src/http/query-field.ts';
import { redirectTo, render } from '#src/http/render.ts';
import { createRouter, type WebContext, type WebRouter } from '#src/http/web-context.ts';
import type { ReviewId } from '#src/ids.ts';
import { enterAdmin } from '#src/sign-in/require-admin.ts';
import { actorOf, requireSignedIn } from '#src/sign-in/signed-in.ts';
import type { StoredRecord } from '#src/storage/record-store.ts';

import type { ApprovalDeps } from './app-facts.ts';
import { appLine } from './app-line.ts';
import { CONTRADICTION, readAudience } from './audience-form.ts';
import { readRules } from './change-rules.ts';
import type { PermissionsByIdentity } from './check-approval.ts';
import { decideReview, type ReviewVerdict } from './decide-review.ts';
import { findReviews } from './find-reviews.ts';
import { statusOf, type Review } from './review.ts';
import { readReview, type ReviewState } from './review-store.ts';
import { reviewFacts, statusWord, type ReviewDraft } from './review-view.ts';

export const REVIEWS_SECTION: AdminSection = { label: 'Reviews', path: 'reviews', needs: ['apps.view', 'apps.manage'] };

export interface ReviewPagesDeps extends ApprovalDeps {
  /** Seals the places in lists that pages hand out. */
  readonly cursorKey: Uint8Array;
}

const ON_A_PAGE = 25;

export const TONES: Readonly<Record<Review['status'], Tone>> = { open: '', approved: 'ok', denied: 'danger', blocked: 'danger', expired: 'warn' };

/** The queue of a tenant's reviewers, and one review. Also for those whom the rules name as reviewers. */
export function reviewPages(deps: ReviewPagesDeps): WebRouter {
  const router = createRouter();
  const own = requireSignedIn(deps);
  const admin = enterAdmin(deps, async ({ member, capabilities }) => {
    if (REVIEWS_SECTION.needs.some((capability) => capabilities.includes(capability))) return true;
    const { reviewers } = (await readRules(deps, member.tenant)).rules;
    return reviewers.kind === 'people' && reviewers.people.includes(member.user);
  });

  router.get('/admin/:tenant/reviews', own, admin, async (ctx) => showQueue(deps, ctx));

  router.get('/admin/:tenant/reviews/:review', own, admin, async (ctx) => showReview(deps, ctx, await reviewInPath(ctx)));

  router.post('/admin/:tenant/reviews/:review', own, admin, async (ctx) => {
    const record = await reviewInPath(ctx);
    const form = await postedForm(ctx, purposeOf(record));
    const draft = readDraft(form);
    switch (form.one('do')) {
      case 'find':
        return showReview(deps, ctx, record, { draft });
      case 'approve':
        if (draft.audience.query !== '') return showReview(deps, ctx, record, { draft });
        if (draft.audience.contradicts) return refuse(ctx, record, CONTRADICTION, 422, { draft });
        return decide(ctx, record, { is: 'approve', permissions: draft.permissions, availability: draft.audience.availability }, { draft, seen: seenIn(form) });
      case 'deny': {
        const reason = form.one('reason');
        if (reason.trim() === '') return refuse(ctx, record, 'Write a reason, so that those who asked know what to do.', 422);
        return decide(ctx, record, { is: 'deny', reason }, { reason });
      }
      default:
        throw new AppError('invalid_request');
    }
  });

  router.get('/admin/:tenant/reviews/:review/block', own, admin, async (ctx) => showBlock(ctx, await reviewInPath(ctx)));

  router.post('/admin/:tenant/reviews/:review/block', own, admin, async (ctx) => {
    const record = await reviewInPath(ctx);
    const form = await postedForm(ctx, `block:${record.value.id}`);
    return decide(ctx, record, { is: 'block', reason: form.one('reason') }, {});
  });

  return router;

  async function reviewInPath(ctx: WebContext): Promise<StoredRecord<Review>> {
    const record = await readReview(deps, adminOf(ctx).tenant.id, ctx['params'].review as ReviewId);
    if (!record) throw new AppError('not_found');
    return record;
  }

  /** What can be put right is said on the page; who lost against another decision sees that one (xA6). */
  async function decide(ctx: WebContext, record: StoredRecord<Review>, verdict: ReviewVerdict, kept: Kept & { seen?: PermissionsByIdentity }): Promise<void> {
    const { tenant, id } = record.value;
    try {
      await decideReview(deps, { tenant, review: id, seen: kept.seen }, verdict, actorOf(ctx));
      redirectTo(ctx, adminPath(tenant, 'reviews', id));
    } catch (error) {
      if (!(error instanceof AppError) || !['review_decided', 'conflict', 'invalid_request', 'app_disabled'].includes(error.code)) throw error;
      const said = error.code === 'review_decided' ? `${error.entry.sentence} ${error.detail ?? ''}` : (error.detail ?? error.fields?.[0]?.detail ?? error.entry.sentence);
      await refuse(ctx, await reviewInPath(ctx), said, error.code === 'invalid_request' ? 422 : error.entry.status, kept);
    }
  }

  async function refuse(ctx: WebContext, record: StoredRecord<Review>, notice: string, status: number, kept: Kept = {}): Promise<void> {
    ctx.status = status;
    await showReview(deps, ctx, record, { ...kept, notice });
  }

  async function showBlock(ctx: WebContext, record: StoredRecord<Review>): Promise<void> {
    const { tenant } = adminOf(ctx);
    const { app, mayDecide } = await reviewFacts(deps, tenant, record, adminOf(ctx));
    const back = adminPath(tenant.id, 'reviews', record.value.id);
    if (!mayDecide) return redirectTo(ctx, back);
    const view = { app, tenantName: tenant.name, notice: '', action: `${back}/block`, back, csrf: csrfToken(ctx, `block:${record.value.id}`) };
    render(ctx, 'approvals/block', view, adminFrame(ctx, `Block ${app.name}`, REVIEWS_SECTION));
  }
}

interface Kept {
  readonly draft?: ReviewDraft;
  readonly reason?: string;
}

const purposeOf = ({ value }: StoredRecord<Review>): string => `review:${value.id}`;

const readDraft = (form: PostedForm): ReviewDraft => ({
  permissions: { user: form.all('allow_user'), tenant: form.all('allow_tenant') },
  audience: readAudience(form),
});

const seenIn = (form: PostedForm): PermissionsByIdentity => ({ user: form.all('seen_user'), tenant: form.all('seen_tenant') });

async function showQueue({ cursorKey, ...deps }: ReviewPagesDeps, ctx: WebContext): Promise<void> {
  const { tenant } = adminOf(ctx);
  const state: ReviewState = queryField(ctx, 'state') === 'decided' ? 'decided' : 'open';
  const words = queryField(ctx, 'q').slice(0, 100);
  const action = adminPath(tenant.id, 'reviews');
  const filterOf = (each: ReviewState) => ({ state: each === 'open' ? '' : each, q: words });
  const place = placeInList(ctx, { path: action, filter: filterOf(state), of: ['reviews', tenant.id, state, words], key: cursorKey });
  const { found, next } = await findReviews(deps, tenant.id, { state, words, after: place.after, limit: ON_A_PAGE });
  const now = deps.clock();
  const open = found.filter(({ review }) => state === 'decided' || statusOf(review, now) === 'open');
  const view = {
    action,
    state,
    words,
    filters: (['open', 'decided'] as const).map((each) => ({ label: each === 'open' ? 'Open' : 'Decided', href: addressOf(action, filterOf(each)), current: each === state })),
    lastColumn: state === 'open' ? 'Open until' : 'Outcome',
    rows: open.map(({ review, app, asker }) => ({
      app: appLine(app),
      asker: asker?.name ?? (review.requests.length > 0 ? 'Somebody who has left' : ''),
      others: Math.max(0, review.requests.length - 1),
      asked: displayTime(review.createdAt),
      ends: state === 'open' ? displayTime(review.expiresAt) : null,
      byOwner: review.byOwner,
      status: statusWord(statusOf(review, now)),
      tone: TONES[statusOf(review, now)],
      action: state === 'open' ? 'Decide' : 'Look',
      href: adminPath(tenant.id, 'reviews', review.id),
    })),
    nothing: words !== '' ? 'Nothing was found.' : state === 'open' ? 'Nothing waits for a decision.' : 'Nothing was decided yet.',
    ...place.links(next),
  };
  render(ctx, 'approvals/reviews', view, adminFrame(ctx, 'Reviews', REVIEWS_SECTION));
}

async function showReview(deps: ApprovalDeps, ctx: WebContext, record: StoredRecord<Review>, { draft, reason = '', notice = '' }: Kept & { notice?: string } = {}): Promise<void> {
  const place = adminOf(ctx);
  const { value: review } = record;
  const facts = await reviewFacts(deps, place.tenant, record, place, draft);
  const action = adminPath(place.tenant.id, 'reviews', review.id);
  const { form } = facts;
  const view = {
    ...facts,
    asked: displayTime(facts.createdAt),
    ends: displayTime(facts.expiresAt),
    askedParts: facts.asked,
    statusWord: statusWord(facts.status),
    tone: TONES[facts.status],
    requests: facts.requests.map((request) => ({ ...request, when: displayTime(request.at) })),
    moreAskers: facts.askers - facts.requests.length,
    decision: facts.decision && { ...facts.decision, when: displayTime(facts.decision.at) },
    notice,
    noticeTone: facts.status === 'open' ? 'danger' : 'warn',
    queue: adminPath(place.tenant.id, 'reviews'),
    action,
    blockHref: `${action}/block`,
    csrf: csrfToken(ctx, purposeOf(record)),
    form: form && {
      audience: form.audience,
      reason,
      seen: review.permissions,
      parts: facts.asked.map((part) => ({
        ...part,
        permissions: part.permissions.map((permission, at) => ({ ...permission, place: at, ticked: form.ticked[part.identity].includes(permission.name) })),
      })),
    },
  };
  render(ctx, 'approvals/review', view, adminFrame(ctx, `${facts.app.name} asks for approval`, REVIEWS_SECTION));
}
