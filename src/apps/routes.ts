import { z } from 'zod';

import { plain } from '#src/http/api/answer.ts';
import { route } from '#src/http/api/route.ts';

import { appRoutes, type AppRoutesDeps } from './app-routes.ts';
import type { Catalogue } from './catalogue.ts';
import { resourceServerRoutes } from './resource-server-routes.ts';
import { versionRoutes } from './version-routes.ts';

export interface AppsRoutesDeps extends AppRoutesDeps {
  readonly catalogue: Catalogue;
}

const permission = z
  .object({
    name: z.string(),
    title: z.string(),
    explanation: z.string(),
    identities: z.array(z.enum(['user', 'tenant'])).readonly(),
    level: z.enum(['basic', 'advanced', 'restricted']),
    sensitive: z.boolean(),
    listedApps: z.boolean().meta({ description: "Whether any app may declare it, or only a tenant's own." }),
    resource: z.string().meta({ description: 'The audience of its resource server.' }),
  })
  .meta({ id: 'Permission' });

const catalogueRoute = route({
  tag: 'Catalogue',
  method: 'get',
  path: '/catalogue',
  operationId: 'getCatalogue',
  summary: 'Read the catalogue of permissions, as the operator configured it',
  scope: 'read',
  answer: plain(z.object({ permissions: z.array(permission).readonly() }).meta({ id: 'Catalogue' })),
  handle: async ({ catalogue }: AppsRoutesDeps) => ({ body: { permissions: catalogue.permissions } }),
});

export const appsRoutes = [...appRoutes, ...versionRoutes, catalogueRoute, ...resourceServerRoutes];
