import type { Server } from 'node:http';

import { createPlatformApi } from '../../examples/platform-api/api.ts';
import { createRecords } from '../../examples/platform-api/records.ts';
import { seed } from '../../examples/platform-api/seed.ts';
import { createSchedulerApp } from '../../examples/scheduler-app/app.ts';
import { freePort } from './assent-server.ts';
import { startWorld, type World } from './world.ts';

/** A world with the sample app and the sample platform API in it, as `npm start` sets them up. */
export interface Stage {
  readonly world: World;
  readonly app: string;
  readonly platform: string;
  stop(): Promise<void>;
}

export async function startStage(): Promise<Stage> {
  const app = `http://127.0.0.1:${await freePort()}`;
  const platform = `http://127.0.0.1:${await freePort()}`;
  const world = await startWorld({ schedulerOrigin: app });
  const { issuer, people, tenants, apps, resourceServers } = world;

  const users = Object.fromEntries(Object.values(people).map(({ email, id }) => [email, id]));
  const platformApi = createPlatformApi({
    audience: resourceServers.meetings.audience,
    introspection: { issuer, ...resourceServers.meetings },
    records: createRecords(seed({ users, tenants: { Northwind: tenants.northwind, Contoso: tenants.contoso } }, Date.now())),
  });
  // Tests see what it answers; koa would print it besides.
  platformApi.on('error', () => {});
  const servers = [
    platformApi.listen(Number(new URL(platform).port), '127.0.0.1'),
    createSchedulerApp({
      issuer,
      clientId: apps.scheduler.id,
      clientSecret: apps.scheduler.secret ?? undefined,
      platformApi: platform,
      baseUrl: app,
      permissions: ['meetings:read'],
    }).listen(Number(new URL(app).port), '127.0.0.1'),
  ];
  return {
    world,
    app,
    platform,
    async stop() {
      await Promise.all(servers.map(close));
      await world.stop();
    },
  };
}

const close = (server: Server): Promise<void> => {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
};
