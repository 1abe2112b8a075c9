import { z } from 'zod';

import { readApp } from '#src/apps/app-store.ts';
import type { Deps } from '#src/deps.ts';
import { linesOf, pageOf, shown } from '#src/http/api/answer.ts';
import { idText, time } from '#src/http/api/fields.ts';
import { route } from '#src/http/api/route.ts';
import { knownTenant } from '#src/tenants/known-tenant.ts';
import { readUser } from '#src/tenants/user-store.ts';

import { entryOf } from './entry.ts';
import { exportTrail } from './export-trail.ts';
import { readOwnTrail, readPlatformTrail, readTenantTrail, type TrailPage } from './read-trail.ts';

const entry = z
  .object({
    id: idText.meta({ description: 'Id of the event, a UUIDv7. No two entries have the same.' }),
    at: time,
    type: z.string().meta({ description: 'What happened, as listed under Events.', example: 'app.authorized' }),
    tenant: idText.nullable(),
    actor: z
      .object({ kind: z.enum(['user', 'app', 'operator', 'system']), id: idText.optional() })
      .meta({ description: 'Who did it. `system` is Assent itself and has no id.' }),
    from: z
      .object({
        via: z.enum(['page', 'api', 'oauth']).meta({ description: 'Where the request came to: a page, the management API, or an endpoint of OAuth.' }),
        address: z.string().meta({ description: 'Network address of the client.', example: '203.0.113.7' }),
      })
      .nullable()
      .meta({ description: 'Where it was done from; `null` for what Assent did by itself.' }),
    details: z.record(z.string(), z.unknown()).meta({ description: 'Whom and what it is about, as the type of event carries it.' }),
  })
  .meta({ id: 'AuditEntry', description: 'Something that happened. There is one entry for each change that was made, and none for what was refused.' });

const moment = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));
const id = z.string().min(1).max(128);

const common = {
  actor: id.optional().meta({ description: 'Only what was done by this user, app or operator.' }),
  type: z.string().min(1).max(100).optional().meta({ description: 'Only this type of event, or all that begin with it and a dot: `review`.' }),
  from: moment.optional().meta({ description: 'Only what happened then or later. ISO 8601.' }),
  to: moment.optional().meta({ description: 'Only what happened before. ISO 8601.' }),
};
const ownFilters = z.strictObject(common);
const tenantFilters = z.strictObject({
  ...common,
  user: id.optional().meta({ description: 'Only what this person did, or what was done to them.' }),
  app: id.optional().meta({ description: 'Only what this app did, or what was about it.' }),
});

const shownTrail = ({ entries, next }: TrailPage) => ({ items: entries.map(({ event }) => entryOf(event)), next });

const tag = 'Audit trail';

export const auditRoutes = [
  route({
    tag,
    method: 'get',
    path: '/tenants/{tenant}/audit',
    operationId: 'listTenantAudit',
    summary: 'Read what happened in a tenant, newest first',
    scope: 'read',
    query: tenantFilters,
    answer: pageOf(entry),
    async handle(deps: Deps, { params: { tenant }, query, page }) {
      await knownTenant(deps, tenant);
      return shownTrail(await readTenantTrail(deps, tenant, query, page));
    },
  }),
  route({
    tag,
    method: 'get',
    path: '/tenants/{tenant}/audit/export',
    operationId: 'exportTenantAudit',
    summary: 'Get all that happened in a tenant, newest first, as NDJSON',
    description: 'Streamed; an answer that breaks off is not whole. What happens meanwhile is not in it.',
    scope: 'read',
    query: tenantFilters,
    answer: linesOf(entry),
    async handle(deps: Deps, { params: { tenant }, query }) {
      await knownTenant(deps, tenant);
      return { pages: entriesOf(exportTrail(deps, tenant, query)) };
    },
  }),
  route({
    tag,
    method: 'get',
    path: '/apps/{app}/audit',
    operationId: 'listAppAudit',
    summary: 'Read what happened to an app outside of tenants, newest first',
    scope: 'read',
    query: ownFilters,
    answer: pageOf(entry),
    async handle(deps: Deps, { params: { app }, query, page }) {
      shown(await readApp(deps, app));
      return shownTrail(await readOwnTrail(deps, app, query, page));
    },
  }),
  route({
    tag,
    method: 'get',
    path: '/users/{user}/audit',
    operationId: 'listUserAudit',
    summary: 'Read what happened to a user outside of tenants, newest first: signing in and out, their password',
    scope: 'read',
    query: ownFilters,
    answer: pageOf(entry),
    async handle(deps: Deps, { params: { user }, query, page }) {
      shown(await readUser(deps, user));
      return shownTrail(await readOwnTrail(deps, user, query, page));
    },
  }),
  route({
    tag,
    method: 'get',
    path: '/audit',
    operationId: 'listAudit',
    summary: 'Read what happened outside of tenants, newest first, but for what people do with their own accounts',
    description: 'Apps, users, resource servers, operators and signing keys. In the order of time to a second.',
    scope: 'read',
    query: ownFilters,
    answer: pageOf(entry),
    handle: async (deps: Deps, { query, page }) => shownTrail(await readPlatformTrail(deps, query, page)),
  }),
];

async function* entriesOf(pages: ReturnType<typeof exportTrail>): AsyncGenerator<ReturnType<typeof entryOf>[], void> {
  for await (const events of pages) yield events.map(entryOf);
}
