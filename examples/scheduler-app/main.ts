import { z } from 'zod';

import { createSchedulerApp } from './app.ts';

const settings = z
  .object({
    ISSUER: z.url().default('http://127.0.0.1:3000'),
    NAME: z.string().default('Scheduler Pro'),
    CLIENT_ID: z.string().min(1),
    CLIENT_SECRET: z.string().optional(),
    PLATFORM_API: z.url().default('http://127.0.0.1:3002'),
    BASE_URL: z.url().default('http://127.0.0.1:3001'),
    PERMISSIONS: z.string().default('meetings:read'),
    TENANT_PERMISSIONS: z.string().default('meetings.all:read'),
    /** `yes` when it reads and writes in an organisation's sites. */
    SITES: z.enum(['yes', 'no']).default('yes'),
    HOST: z.string().default('127.0.0.1'),
    PORT: z.coerce.number().int().default(3001),
  })
  .parse(process.env);

const app = createSchedulerApp({
  name: settings.NAME,
  issuer: settings.ISSUER,
  clientId: settings.CLIENT_ID,
  clientSecret: settings.CLIENT_SECRET,
  platformApi: settings.PLATFORM_API,
  baseUrl: settings.BASE_URL,
  permissions: settings.PERMISSIONS.split(' '),
  sites: settings.SITES === 'yes',
  tenantPermissions: settings.TENANT_PERMISSIONS.split(' ').filter(Boolean),
});
// Neither what a request got wrong nor a browser that went away in the middle of an answer is ours to tell of.
app.on('error', (error: NodeJS.ErrnoException & { status?: number }) => {
  if ((error.status ?? 500) >= 500 && error.code !== 'ERR_STREAM_PREMATURE_CLOSE') console.error(error.stack);
});
const server = app.listen(settings.PORT, settings.HOST, () => console.log(`${settings.NAME} on ${settings.BASE_URL}`));

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => server.close());
