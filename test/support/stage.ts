import type { Server } from 'node:http';

import { createPlatformApi } from '../../examples/platform-api/api.ts';
import { createLists } from '../../examples/platform-api/lists.ts';
import { createRecords } from '../../examples/platform-api/records.ts';
import { seed, seedLists } from '../../examples/platform-api/seed.ts';
import { createSchedulerApp } from '../../examples/scheduler-app/app.ts';
import { freePort } from './assent-server.ts';
import { registerApp, type TestApp } from './register-app.ts';
import { startWorld, type World } from './world.ts';

/** A world with the sample app and the sample platform API in it, as `npm start` sets them up. */
export interface Stage {
  readonly world: World;
  readonly app: string;
  readonly platform: string;
  /** A second app, of a developer whom nobody verified. It needs `contacts:read`, which is sensitive: somebody has to approve it. */
  readonly minutes: TestApp & { readonly origin: string };
  stop(): Promise<void>;
}

export async function startStage(): Promise<Stage> {
  const app = `http://127.0.0.1:${await freePort()}`;
  const platform = `http://127.0.0.1:${await freePort()}`;
  const minutesOrigin = `http://127.0.0.1:${await freePort()}`;
  const world = await startWorld({ schedulerOrigin: app });
  const { issuer, people, tenants, apps, resourceServers } = world;

  const minutes = await registerApp(
    world.manage,
    { name: 'Minute Taker', developer: { name: 'Kitchen Table Software', verified: false }, authMethod: 'client_secret_basic', listed: true },
    { redirectUris: [`${minutesOrigin}/callback`], launchUri: `${minutesOrigin}/`, permissions: { user: { required: ['meetings:read', 'contacts:read'] } } },
  );

  const users = Object.fromEntries(Object.values(people).map(({ email, id }) => [email, id]));
  const platformApi = createPlatformApi({
    guard: { issuer, ...resourceServers.meetings },
    records: createRecords(seed({ users, tenants: { Northwind: tenants.northwind, Contoso: tenants.contoso } }, Date.now())),
    lists: createLists(seedLists({ Northwind: tenants.northwind })),
  });
  // Tests see what it answers; koa would print it besides.
  platformApi.on('error', () => {});
  const servers = [
    platformApi.listen(Number(new URL(platform).port), '127.0.0.1'),
    createSchedulerApp({
      name: 'Scheduler Pro',
      issuer,
      clientId: apps.scheduler.id,
      clientSecret: apps.scheduler.secret ?? undefined,
      platformApi: platform,
      baseUrl: app,
      permissions: ['meetings:read'],
      tenantPermissions: ['meetings.all:read'],
      sites: true,
    }).listen(Number(new URL(app).port), '127.0.0.1'),
    createSchedulerApp({
      name: 'Minute Taker',
      issuer,
      clientId: minutes.id,
      clientSecret: minutes.secret ?? undefined,
      platformApi: platform,
      baseUrl: minutesOrigin,
      permissions: ['meetings:read', 'contacts:read'],
      tenantPermissions: [],
      sites: false,
    }).listen(Number(new URL(minutesOrigin).port), '127.0.0.1'),
  ];
  return {
    world,
    app,
    platform,
    minutes: { ...minutes, origin: minutesOrigin },
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
