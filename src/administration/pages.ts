import { createRouter, type WebRouter } from '#src/http/web-context.ts';

import { appPages } from './app-pages.ts';
import { appsPages, type AdministrationPagesDeps } from './apps-pages.ts';
import { memberPages } from './member-pages.ts';
import { permissionPages } from './permission-pages.ts';
import { subscriberPages } from './subscriber-pages.ts';

export { APPS_SECTION } from './apps-pages.ts';
export { MEMBERS_SECTION } from './member-pages.ts';

/** At `/admin/{tenant}/apps` and `/admin/{tenant}/members`. */
export function administrationPages(deps: AdministrationPagesDeps): WebRouter {
  const router = createRouter();
  for (const pages of [appsPages(deps), appPages(deps), subscriberPages(deps), permissionPages(deps), memberPages(deps)]) router.use(pages.routes());
  return router;
}
