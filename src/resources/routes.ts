import type { ResourceDeps } from './place-resources.ts';
import { resourceRoutes } from './resource-routes.ts';
import { rightRoutes } from './right-routes.ts';

export type ResourcesRoutesDeps = ResourceDeps;

export const resourcesRoutes = [...resourceRoutes, ...rightRoutes];
