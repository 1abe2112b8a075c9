import type { Deps } from '#src/deps.ts';
import { AppError } from '#src/errors.ts';
import { adminOf, adminPath, sectionsFor } from '#src/http/admin-frame.ts';
import { redirectTo } from '#src/http/render.ts';
import { createRouter, type WebRouter } from '#src/http/web-context.ts';
import { CAPABILITIES } from '#src/tenants/role.ts';

import { administeredBy } from './administered-by.ts';
import { requireAdmin } from './require-admin.ts';
import { requireSignedIn, signedInOf } from './signed-in.ts';

/** The way in: the first part of the administration that the person may open. */
export function adminPages(deps: Deps): WebRouter {
  const router = createRouter();
  router.get('/admin', requireSignedIn(deps), async (ctx) => {
    const places = await administeredBy(deps, signedInOf(ctx).user.id);
    // The account lists them, or has nothing of the kind for somebody who administers none.
    redirectTo(ctx, places.length === 1 && places[0] ? adminPath(places[0].id) : '/account');
  });

  router.get('/admin/:tenant', requireSignedIn(deps), requireAdmin(deps, ...CAPABILITIES), (ctx) => {
    const place = adminOf(ctx);
    const [first] = sectionsFor(ctx, place);
    if (!first) throw new AppError('not_found');
    redirectTo(ctx, adminPath(place.tenant.id, first.path));
  });
  return router;
}
