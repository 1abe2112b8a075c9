import { z } from 'zod';

import { readApp } from '#src/apps/app-store.ts';
import type { Deps } from '#src/deps.ts';
import { at, createdOnce, pageOf, plain, shown, shownPage } from '#src/http/api/answer.ts';
import { idOf, idText, time } from '#src/http/api/fields.ts';
import { route } from '#src/http/api/route.ts';
import type { TenantId } from '#src/ids.ts';

import type { Revocation } from './revocation.ts';
import { readRevocation, revocationsOf } from './revocation-store.ts';
import { startRevocation } from './start-revocation.ts';

export interface RevocationRoutesDeps extends Deps {
  readonly revocations: { nudge(): void };
}

const what = z.enum(['everything', 'installations']).meta({
  description: '`everything`: as a tenant that removes the app, with what its members allowed. `installations`: what the app has as itself.',
});
const revocation = z
  .object({
    id: idText,
    app: idText,
    what,
    tenants: z.union([z.literal('all'), z.int()]).meta({ description: 'How many tenants were named, or `all`.' }),
    status: z.enum(['running', 'done']),
    total: z.int().nullable().meta({ description: 'Tenants to look at; `null` until they are counted.' }),
    looked: z.int().meta({ description: 'Tenants that were looked at.' }),
    revoked: z.int().meta({ description: 'Those among them in which there was something to take.' }),
    failed: z.int().meta({ description: 'Those in which it could not be done, for the reason in the log. Start another revocation for them.' }),
    createdAt: time,
    finishedAt: time.nullable(),
  })
  .meta({ id: 'Revocation', description: 'Taking an app out of many tenants. Any server goes on with it when one dies.' });

const asRevocation = ({ tenants, ...rest }: Revocation): z.input<typeof revocation> => ({ ...rest, tenants: tenants?.length ?? 'all' });

const common = { tag: 'Apps' } as const;

export const revocationRoutes = [
  route({
    ...common,
    method: 'post',
    path: '/apps/{app}/revocations',
    operationId: 'startRevocation',
    summary: 'Take an app out of all tenants, or of some; it goes on by itself, and can be followed',
    scope: 'manage',
    body: z.strictObject({
      what: what.default('everything'),
      tenants: z.union([z.literal('all'), z.array(idOf<TenantId>('a tenant')).min(1).max(10_000)]).meta({ description: '`all`, or the ids of up to 10,000.' }),
    }),
    answer: createdOnce(revocation),
    errors: ['conflict'],
    async handle(deps: RevocationRoutesDeps, { params: { app }, body, actor }) {
      const { value } = await startRevocation(deps, { app, what: body.what, tenants: body.tenants === 'all' ? null : body.tenants }, actor);
      deps.revocations.nudge();
      return { body: asRevocation(value), location: at`/apps/${app}/revocations/${value.id}` };
    },
  }),
  route({
    ...common,
    method: 'get',
    path: '/apps/{app}/revocations',
    operationId: 'listRevocations',
    summary: 'List the revocations of an app, the newest first',
    scope: 'read',
    answer: pageOf(revocation),
    async handle(deps: Deps, { params: { app }, page }) {
      shown(await readApp(deps, app));
      return shownPage(await revocationsOf(deps, app, page), asRevocation);
    },
  }),
  route({
    ...common,
    method: 'get',
    path: '/apps/{app}/revocations/{job}',
    operationId: 'getRevocation',
    summary: 'Read how far a revocation is',
    scope: 'read',
    answer: plain(revocation),
    async handle(deps: Deps, { params: { app, job } }) {
      const record = await readRevocation(deps, job);
      return { body: shown(record?.value.app === app ? record : undefined, asRevocation).body };
    },
  }),
];
