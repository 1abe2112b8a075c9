import { z } from 'zod';

import type { Deps } from '#src/deps.ts';
import { pageOf, shown, shownPage, tagged } from '#src/http/api/answer.ts';
import { idText, time } from '#src/http/api/fields.ts';
import { route } from '#src/http/api/route.ts';
import { knownTenant } from '#src/tenants/known-tenant.ts';

import type { ApprovalDeps } from './app-facts.ts';
import { decideReview } from './decide-review.ts';
import { availability, permissions, shownPermissions } from './fields.ts';
import { statusOf, type Review } from './review.ts';
import { readReview, reviewsOf } from './review-store.ts';

const reason = z.string().max(2000).meta({ description: 'Up to 500 characters; those who asked read it.' });
const review = z
  .object({
    id: idText,
    tenant: idText,
    app: idText,
    version: idText,
    cause: z.enum(['request', 'install', 'new_version', 'app']).meta({ description: 'What the question came of.' }),
    permissions: shownPermissions,
    byOwner: z.boolean().meta({ description: 'Whether an owner has to decide.' }),
    status: z.enum(['open', 'approved', 'denied', 'blocked', 'expired']),
    requests: z.array(z.object({ user: idText, at: time, reason: z.string(), times: z.int() })).readonly(),
    decision: z.object({ by: idText.nullable(), at: time, reason: z.string(), granted: shownPermissions }).nullable(),
    createdAt: time,
    expiresAt: time,
  })
  .meta({ id: 'Review', description: "One question put to a tenant's approvers." });

const common = { tag: 'Reviews' } as const;

const asNow =
  ({ clock }: Deps) =>
  (value: Review): Review => ({ ...value, status: statusOf(value, clock()) });

export const reviewRoutes = [
  route({
    ...common,
    method: 'get',
    path: '/tenants/{tenant}/reviews',
    operationId: 'listReviews',
    summary: 'List the reviews of a tenant: open ones the oldest first, decided ones the newest first',
    scope: 'read',
    query: z.strictObject({ state: z.enum(['open', 'decided']).default('open') }),
    answer: pageOf(review),
    async handle(deps: Deps, { params: { tenant }, query: { state }, page }) {
      await knownTenant(deps, tenant);
      return shownPage(await reviewsOf(deps, tenant, state, page), asNow(deps));
    },
  }),
  route({
    ...common,
    method: 'get',
    path: '/tenants/{tenant}/reviews/{review}',
    operationId: 'getReview',
    summary: 'Read a review',
    scope: 'read',
    answer: tagged(review),
    handle: async (deps: Deps, { params }) => shown(await readReview(deps, params.tenant, params.review), asNow(deps)),
  }),
  route({
    ...common,
    method: 'post',
    path: '/tenants/{tenant}/reviews/{review}/decision',
    operationId: 'decideReview',
    summary: 'Approve a review, as a whole or in part, deny it, or block the app',
    description: 'Accepted once: of several at the same time one decides, the others answer `review_decided`.',
    scope: 'manage',
    ifMatch: 'optional',
    body: z.strictObject({
      verdict: z.enum(['approve', 'deny', 'block']),
      permissions: permissions.optional().meta({ description: 'To approve: all that was asked for, or fewer.' }),
      availability: availability.default({ kind: 'everyone' }),
      reason: reason.default(''),
    }),
    answer: tagged(review),
    errors: ['review_decided', 'app_disabled', 'conflict'],
    async handle(deps: ApprovalDeps, { params: { tenant, review }, body, ifVersion, actor }) {
      const { body: asked } = shown(await readReview(deps, tenant, review));
      const { verdict, reason } = body;
      const { availability, permissions = asked.permissions } = body;
      await decideReview(deps, { tenant, review, ifVersion }, verdict === 'approve' ? { is: verdict, permissions, availability, reason } : { is: verdict, reason }, actor);
      return shown(await readReview(deps, tenant, review), asNow(deps));
    },
  }),
];
