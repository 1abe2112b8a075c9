import { requestReview, type ReviewAsk } from '#src/approvals/request-review.ts';
import type { Review } from '#src/approvals/review.ts';
import type { User } from '#src/tenants/user.ts';
import { startPagesSite } from '#test/support/pages-site.ts';

export type ApprovalSite = Awaited<ReturnType<typeof startApprovalSite>>;

/** With an app that asks for something of every level. */
export async function startApprovalSite() {
  const site = await startPagesSite({
    user: { required: ['meetings:read'], optional: ['contacts:read', 'messages:read', 'files:read'] },
    tenant: { required: [], optional: ['meetings.all:read', 'directory:read', 'notices:send', 'files.all:write'] },
  });
  return {
    ...site,
    async ask(user: User, more: Partial<ReviewAsk> = {}): Promise<Review> {
      const wish = { tenant: site.northwind, app: site.scheduler, permissions: { user: ['contacts:read'], tenant: ['meetings.all:read'] }, cause: 'request', reason: '', resume: null, ...more } as const;
      const outcome = await requestReview(site.deps, wish, { kind: 'user', id: user.id });
      if (!('review' in outcome)) throw new Error(`Nothing was put to review: ${outcome.is}`);
      return outcome.review;
    },
  };
}
