import type { ApprovalDeps } from './app-facts.ts';
import { approvalRoutes } from './approval-routes.ts';
import { reviewRoutes } from './review-routes.ts';
import { rulesRoutes, type RulesRoutesDeps } from './rules-routes.ts';

export type ApprovalsRoutesDeps = ApprovalDeps & RulesRoutesDeps;

export const approvalsRoutes = [...rulesRoutes, ...approvalRoutes, ...reviewRoutes];
