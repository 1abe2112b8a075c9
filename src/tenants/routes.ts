import { delegationRoutes } from './delegation-routes.ts';
import { memberRoutes } from './member-routes.ts';
import { roleRoutes } from './role-routes.ts';
import { tenantRoutes } from './tenant-routes.ts';
import { userRoutes } from './user-routes.ts';

export const tenantsRoutes = [...tenantRoutes, ...userRoutes, ...memberRoutes, ...roleRoutes, ...delegationRoutes];
