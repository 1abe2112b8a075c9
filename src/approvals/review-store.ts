import type { Deps } from '#src/deps.ts';
import type { AppId, ReviewId, TenantId, UserId } from '#src/ids.ts';
import { defineKind, type Key, type Page, type StoredRecord } from '#src/storage/record-store.ts';
import { shardOf } from '#src/storage/shards.ts';

import { nextDue, statusOf, type Review } from './review.ts';

const stateOf = ({ status }: Review): 'open' | 'decided' => (status === 'open' ? 'open' : 'decided');
const placeInTime = (review: Review): string => `${stateOf(review)}/${review.createdAt} ${review.id}`;

export const REVIEW = defineKind<Review>('review', {
  schema: 1,
  indexes: (review) => [
    { index: 'tenant', of: review.tenant, sort: placeInTime(review) },
    { index: 'app', of: JSON.stringify([review.tenant, review.app]), sort: placeInTime(review) },
    ...review.requests.map(({ user }) => ({ index: 'asker', of: JSON.stringify([review.tenant, user]), sort: placeInTime(review) })),
    ...(review.status === 'open' ? [{ index: 'due', of: '', sort: new Date(nextDue(review)).toISOString() }] : []),
  ],
});

/** Which review is open for an app in a tenant: one at a time. Ends by itself when the review expires. */
const OPEN_REVIEW = defineKind<{ readonly review: ReviewId }>('open-review', { schema: 1 });

/** The tenant stands in the key, so that the id of a review opens nothing in another tenant. */
export const reviewKey = (tenant: TenantId, id: ReviewId): Key<Review> => ({
  shard: shardOf(tenant),
  kind: REVIEW,
  id: JSON.stringify([tenant, id]),
});

export const openReviewKey = (tenant: TenantId, app: AppId): Key<{ readonly review: ReviewId }> => ({
  shard: shardOf(tenant),
  kind: OPEN_REVIEW,
  id: JSON.stringify([tenant, app]),
});

export async function readReview({ store }: Deps, tenant: TenantId, id: ReviewId): Promise<StoredRecord<Review> | undefined> {
  const [record] = await store.read(reviewKey(tenant, id));
  return record;
}

/** The slot and the review that is open in it, if one is. */
export async function readOpenReview(deps: Deps, tenant: TenantId, app: AppId) {
  const [slot] = await deps.store.read(openReviewKey(tenant, app));
  const record = slot && (await readReview(deps, tenant, slot.value.review));
  return { slot, open: record && statusOf(record.value, deps.clock()) === 'open' ? record : undefined };
}

/** The review that is open for the app in the tenant, if one is. */
export const openReview = async (deps: Deps, tenant: TenantId, app: AppId): Promise<StoredRecord<Review> | undefined> =>
  (await readOpenReview(deps, tenant, app)).open;

export type ReviewState = 'open' | 'decided';
type ReviewPage = { readonly after?: string | undefined; readonly limit: number };

/** Open ones the oldest first, since they wait; decided ones the newest first. */
export const reviewsOf = ({ store }: Deps, tenant: TenantId, state: ReviewState, page: ReviewPage): Promise<Page<Review>> =>
  store.scan({
    shard: shardOf(tenant),
    kind: REVIEW,
    index: 'tenant',
    of: tenant,
    prefix: `${state}/`,
    direction: state === 'open' ? 'ascending' : 'descending',
    ...page,
  });

/** The newest first. */
export const reviewsOfApp = ({ store }: Deps, tenant: TenantId, app: AppId, state: ReviewState, page: ReviewPage): Promise<Page<Review>> =>
  store.scan({ shard: shardOf(tenant), kind: REVIEW, index: 'app', of: JSON.stringify([tenant, app]), prefix: `${state}/`, direction: 'descending', ...page });

/** What this member asked for and is not decided. The newest first. */
export const openReviewsAskedBy = ({ store }: Deps, tenant: TenantId, user: UserId, page: ReviewPage): Promise<Page<Review>> =>
  store.scan({ shard: shardOf(tenant), kind: REVIEW, index: 'asker', of: JSON.stringify([tenant, user]), prefix: 'open/', direction: 'descending', ...page });
