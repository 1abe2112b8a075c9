import { AppError } from '#src/errors.ts';

import type { Site, WebContext, WebMiddleware } from './web-context.ts';

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * A form of ours is only ever sent from a page of ours. Browsers say where a request comes from, so that a forged one is
 * refused whatever the page's own check does; the token in the form (csrf.ts) stands for browsers that do not say.
 */
export const refuseCrossSiteForms =
  (site: Site): WebMiddleware =>
  (ctx, next) => {
    if (ctx.state.manner === 'page' && !SAFE_METHODS.has(ctx.method) && comesFromElsewhere(ctx, site)) {
      throw new AppError('csrf_failed', { logDetail: { origin: ctx.get('origin'), fetchSite: ctx.get('sec-fetch-site') } });
    }
    return next();
  };

function comesFromElsewhere(ctx: WebContext, site: Site): boolean {
  const fetchSite = ctx.get('sec-fetch-site');
  if (fetchSite !== '') return fetchSite !== 'same-origin' && fetchSite !== 'none';
  const origin = ctx.get('origin');
  // Our pages send no referrer, and then a browser's Origin is "null" for our own forms too.
  return origin !== '' && origin !== 'null' && origin !== site.origin;
}
