import { findApp } from '#src/apps/app-store.ts';
import { AppError } from '#src/errors.ts';
import { displayTime } from '#src/http/display-time.ts';
import { ownPath } from '#src/http/own-path.ts';
import { render } from '#src/http/render.ts';
import { createRouter, type WebRouter } from '#src/http/web-context.ts';
import type { ReviewId, TenantId } from '#src/ids.ts';
import { requireSignedIn, signedInOf } from '#src/sign-in/signed-in.ts';
import { liveGroupsOf } from '#src/tenants/group-members.ts';
import { isActive } from '#src/tenants/member.ts';
import { findMember } from '#src/tenants/member-store.ts';
import { findTenant } from '#src/tenants/tenant-store.ts';
import { findUser } from '#src/tenants/user-store.ts';

import type { ApprovalDeps } from './app-facts.ts';
import { appLine } from './app-line.ts';
import { readApprovalFacts } from './approval-store.ts';
import { isAvailableTo } from './availability.ts';
import { byIdentity } from './permission-words.ts';
import { TONES } from './review-pages.ts';
import { statusOf, type Review } from './review.ts';
import { readReview } from './review-store.ts';
import { statusWord } from './review-view.ts';
import { reviewersOf } from './who-reviews.ts';

/** For each person who asked: how it stands, who decides, and the way back to where they stopped. */
export function requestPages(deps: ApprovalDeps): WebRouter {
  const router = createRouter();

  router.get('/requests/:tenant/:review', requireSignedIn(deps), async (ctx) => {
    const { user } = signedInOf(ctx);
    const id = ctx['params'].tenant as TenantId;
    const [record, member, tenant] = await Promise.all([readReview(deps, id, ctx['params'].review as ReviewId), findMember(deps, id, user.id), findTenant(deps, id)]);
    const request = record?.value.requests.find((each) => each.user === user.id);
    if (!record || !request || !isActive(member) || tenant?.status !== 'active') throw new AppError('not_found');

    const { value: review } = record;
    const status = statusOf(review, deps.clock());
    const [app, { approval }, reviewers, decidedBy] = await Promise.all([
      findApp(deps, review.app),
      readApprovalFacts(deps, id, review.app),
      reviewersOf(deps, review),
      review.decision?.by ? findUser(deps, review.decision.by) : undefined,
    ]);
    const isTheirs = approval?.status === 'approved' && isAvailableTo(approval.availability, { ...member, groups: await liveGroupsOf(deps, member) });
    const granted = review.decision?.granted;
    const refused = granted && status === 'approved' ? { user: review.permissions.user.filter((name) => !granted.user.includes(name)), tenant: review.permissions.tenant.filter((name) => !granted.tenant.includes(name)) } : { user: [], tenant: [] };
    const outcome: Outcome = status === 'approved' && !isTheirs ? 'not_for_you' : status;
    const line = appLine(app);
    const view = {
      status,
      app: line,
      tenantName: tenant.name,
      heading: HEADINGS[outcome](line.name),
      sentence: SENTENCES[outcome],
      statusWord: statusWord(status),
      tone: TONES[status],
      goOn: outcome === 'approved' ? ownPath(request.resume ?? '', '') : '',
      asked: displayTime(request.at),
      yourReason: request.reason,
      reviewers: reviewers.people.map(({ name }) => name),
      ends: displayTime(review.expiresAt),
      decision: review.decision && { ...review.decision, by: decidedBy?.name ?? 'An operator of the platform', when: displayTime(review.decision.at) },
      asks: byIdentity(granted && status === 'approved' ? granted : review.permissions, deps.catalogue),
      asksHeading: status === 'approved' ? 'What was approved' : 'What was asked for',
      asksMark: status === 'approved' ? 'yes' : status === 'open' ? 'asked' : 'no',
      refused: byIdentity(refused, deps.catalogue),
    };
    render(ctx, 'requests/request', view, { title: view.heading });
  });

  return router;
}

type Outcome = Review['status'] | 'not_for_you';

const HEADINGS: Readonly<Record<Outcome, (app: string) => string>> = {
  open: (app) => `Your request for ${app} waits`,
  approved: (app) => `${app} is approved`,
  not_for_you: (app) => `${app} is not there for you`,
  denied: (app) => `Your request for ${app} was denied`,
  blocked: (app) => `${app} is blocked`,
  expired: (app) => `Your request for ${app} has expired`,
};

const SENTENCES: Readonly<Record<Outcome, string>> = {
  open: 'You are told when it is decided. This page then leads you back to where you stopped.',
  approved: 'You can go on where you stopped. You still decide yourself what you allow the app.',
  not_for_you: 'It was approved, but for other members, or that was taken back since.',
  denied: 'Read the reason below. You can ask again from the app when things have changed.',
  blocked: 'Nothing of this app works here, and it cannot be asked for.',
  expired: 'Nobody decided in time. You can ask again from the app.',
};
