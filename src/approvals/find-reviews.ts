import { appsByIds } from '#src/apps/app-store.ts';
import type { App } from '#src/apps/app.ts';
import type { Deps } from '#src/deps.ts';
import type { AppId, TenantId, UserId } from '#src/ids.ts';
import { usersByIds } from '#src/tenants/user-store.ts';
import type { User } from '#src/tenants/user.ts';

import type { Review } from './review.ts';
import { reviewsOf, type ReviewState } from './review-store.ts';

export interface FoundReview {
  readonly review: Review;
  readonly app: App | undefined;
  /** The first of those who asked. */
  readonly asker: User | undefined;
}

const MOST_PAGES = 20;

/**
 * A page of the queue; with `words`, of the reviews whose app, developer or asker has them in the name. It ends after a
 * bounded search, so it can be shorter than `limit` though there is more.
 */
export async function findReviews(
  deps: Deps,
  tenant: TenantId,
  { state, words, after, limit }: { readonly state: ReviewState; readonly words: string; readonly after: string | undefined; readonly limit: number },
): Promise<{ found: FoundReview[]; next: string | undefined }> {
  const found: FoundReview[] = [];
  const wanted = words.trim().toLocaleLowerCase('en');
  let from = after;
  for (let pages = 0; pages < MOST_PAGES; pages += 1) {
    const page = await reviewsOf(deps, tenant, state, { after: from, limit });
    const reviews = page.records.map(({ value }) => value);
    found.push(...(await withNames(deps, reviews)).filter((each) => matches(each, wanted)));
    from = page.next;
    if (from === undefined || found.length >= limit || wanted === '') break;
  }
  return { found, next: from };
}

async function withNames(deps: Deps, reviews: readonly Review[]): Promise<FoundReview[]> {
  const askers = reviews.flatMap(({ requests }): UserId[] => (requests[0] ? [requests[0].user] : []));
  const [apps, users] = await Promise.all([appsByIds(deps, reviews.map(({ app }): AppId => app)), usersByIds(deps, askers)]);
  return reviews.map((review) => ({ review, app: apps.get(review.app), asker: review.requests[0] && users.get(review.requests[0].user) }));
}

const matches = ({ app, asker }: FoundReview, wanted: string): boolean =>
  [app?.name, app?.developer.name, asker?.name, asker?.email].some((text) => text?.toLocaleLowerCase('en').includes(wanted)) || wanted === '';
