import { delegationRoutes, type DelegationRoutesDeps } from './delegation-routes.ts';
import { groupRoutes } from './group-routes.ts';
import { memberRoutes } from './member-routes.ts';
import { roleRoutes } from './role-routes.ts';
import { tenantRoutes } from './tenant-routes.ts';
import { userRoutes, type UserRoutesDeps } from './user-routes.ts';

export type TenantsRoutesDeps = UserRoutesDeps & DelegationRoutesDeps;

export const tenantsRoutes = [...tenantRoutes, ...userRoutes, ...memberRoutes, ...groupRoutes, ...roleRoutes, ...delegationRoutes];
