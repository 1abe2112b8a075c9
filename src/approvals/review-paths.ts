import type { Review } from './review.ts';

/** Where those who asked see what becomes of it. */
export const requestPath = ({ tenant, id }: Pick<Review, 'tenant' | 'id'>): string =>
  `/requests/${encodeURIComponent(tenant)}/${encodeURIComponent(id)}`;

/** The same, for those who decide on it. */
export const reviewPath = ({ tenant, id }: Pick<Review, 'tenant' | 'id'>): string =>
  `/admin/${encodeURIComponent(tenant)}/reviews/${encodeURIComponent(id)}`;
