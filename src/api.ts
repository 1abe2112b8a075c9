import { operatorsRoutes } from './operators/routes.ts';
import { appsRoutes } from './apps/routes.ts';
import { consentRoutes } from './consent/routes.ts';
import { documentOf } from './http/api/openapi.ts';
import type { ApiRoute } from './http/api/route.ts';
import { apiMiddleware, type ApiDeps as EdgeDeps } from './http/api/router.ts';
import type { WebMiddleware } from './http/web-context.ts';
import type { AppsRoutesDeps } from './apps/routes.ts';
import type { UserRoutesDeps } from './tenants/user-routes.ts';
import { tenantsRoutes } from './tenants/routes.ts';

export type ApiDeps = EdgeDeps & UserRoutesDeps & AppsRoutesDeps;

/** The management API on one screen: what stands here is served, documented and tested for what must hold of all. */
export const apiRoutes: readonly ApiRoute<ApiDeps>[] = [
  ...tenantsRoutes,
  ...appsRoutes,
  ...consentRoutes,
  ...operatorsRoutes,
];

export const openApiDocument = (): object => documentOf(apiRoutes);

/** To be mounted at `/api` with the manner `api`. */
export const apiRouter = (deps: ApiDeps): WebMiddleware => apiMiddleware(deps, apiRoutes, openApiDocument());
