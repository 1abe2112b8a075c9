import { administrationRoutes } from './administration/routes.ts';
import { revocationRoutes, type RevocationRoutesDeps } from './administration/revocations/routes.ts';
import { approvalsRoutes, type ApprovalsRoutesDeps } from './approvals/routes.ts';
import { appsRoutes, type AppsRoutesDeps } from './apps/routes.ts';
import { auditRoutes } from './audit/routes.ts';
import { consentRoutes } from './consent/routes.ts';
import { contextsRoutes, type ContextsRoutesDeps } from './contexts/routes.ts';
import { deliveriesRoutes } from './deliveries/routes.ts';
import { documentOf } from './http/api/openapi.ts';
import type { ApiRoute } from './http/api/route.ts';
import { apiMiddleware, type ApiDeps as EdgeDeps } from './http/api/router.ts';
import type { WebMiddleware } from './http/web-context.ts';
import { installationsRoutes } from './installations/routes.ts';
import { launchesRoutes, type LaunchesRoutesDeps } from './launches/routes.ts';
import { startRoutes, type StartRoutesDeps } from './launches/start-routes.ts';
import { ownRoutes } from './marketplace/routes.ts';
import { signingKeysRoutes, type SigningKeysRoutesDeps } from './oauth/routes.ts';
import { operatorsRoutes } from './operators/routes.ts';
import { resourcesRoutes, type ResourcesRoutesDeps } from './resources/routes.ts';
import { tenantsRoutes, type TenantsRoutesDeps } from './tenants/routes.ts';

export type ApiDeps = EdgeDeps & TenantsRoutesDeps & ResourcesRoutesDeps & ContextsRoutesDeps & LaunchesRoutesDeps & StartRoutesDeps & AppsRoutesDeps & RevocationRoutesDeps & ApprovalsRoutesDeps & SigningKeysRoutesDeps;

/** The management API: what stands here is served, documented and tested for what must hold of every route. */
export const apiRoutes: readonly ApiRoute<ApiDeps>[] = [...tenantsRoutes, ...resourcesRoutes, ...contextsRoutes, ...appsRoutes, ...revocationRoutes, ...approvalsRoutes, ...installationsRoutes, ...consentRoutes, ...deliveriesRoutes, ...administrationRoutes, ...ownRoutes, ...launchesRoutes, ...startRoutes, ...auditRoutes, ...operatorsRoutes, ...signingKeysRoutes];

export const openApiDocument = (): object => documentOf(apiRoutes);

let documentText: string | undefined;

/** To be mounted at `/api` with the manner `api`. The document is made when somebody asks for it first, since it takes a while. */
export const apiRouter = (deps: ApiDeps): WebMiddleware =>
  apiMiddleware(deps, apiRoutes, () => (documentText ??= JSON.stringify(openApiDocument())));
