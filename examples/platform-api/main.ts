import { z } from 'zod';

import { createPlatformApi } from './api.ts';
import { createLists } from './lists.ts';
import { createRecords } from './records.ts';
import { seed, seedLists } from './seed.ts';

const ids = z
  .string()
  .default('{}')
  .transform((text): unknown => JSON.parse(text))
  .pipe(z.record(z.string(), z.string()));

const settings = z
  .object({
    ISSUER: z.url().default('http://127.0.0.1:3000'),
    AUDIENCE: z.url().default('http://127.0.0.1:3002'),
    CLIENT_ID: z.string().min(1),
    CLIENT_SECRET: z.string().min(1),
    HOST: z.string().default('127.0.0.1'),
    PORT: z.coerce.number().int().default(3002),
    /** `{"ben@northwind.example": "usr_…"}` and `{"Northwind": "ten_…"}`: the ids under which the demo data is kept. */
    DEMO_USERS: ids,
    DEMO_TENANTS: ids,
  })
  .parse(process.env);

const api = createPlatformApi({
  guard: {
    issuer: settings.ISSUER,
    audience: settings.AUDIENCE,
    id: settings.CLIENT_ID,
    secret: settings.CLIENT_SECRET,
    onUnavailable: (error) => console.error(error.message, error.cause),
  },
  records: createRecords(seed({ users: settings.DEMO_USERS, tenants: settings.DEMO_TENANTS }, Date.now())),
  lists: createLists(seedLists(settings.DEMO_TENANTS)),
});
api.on('error', (error: Error) => console.error(error.stack));
const server = api.listen(settings.PORT, settings.HOST, () => console.log(`Meetings API on ${settings.AUDIENCE}`));

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => server.close());
