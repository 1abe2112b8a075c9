import { createRouter, type WebRouter } from '#src/http/web-context.ts';

import { requestPages } from './request-pages.ts';
import { reviewPages, type ReviewPagesDeps } from './review-pages.ts';
import { rulesPages, type RulesPagesDeps } from './rules-pages.ts';

export { REVIEWS_SECTION } from './review-pages.ts';
export { RULES_SECTION } from './rules-pages.ts';

/** At `/admin/{tenant}/reviews`, `/admin/{tenant}/rules` and `/requests`. */
export function approvalPages(deps: ReviewPagesDeps & RulesPagesDeps): WebRouter {
  const router = createRouter();
  for (const pages of [reviewPages(deps), rulesPages(deps), requestPages(deps)]) router.use(pages.routes());
  return router;
}
