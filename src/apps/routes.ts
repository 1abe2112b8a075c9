import type { Deps } from '#src/deps.ts';

import type { Catalogue } from './catalogue.ts';
import { resourceServerRoutes } from './resource-server-routes.ts';

export interface AppsRoutesDeps extends Deps {
  readonly catalogue: Catalogue;
}

export const appsRoutes = [...resourceServerRoutes];
