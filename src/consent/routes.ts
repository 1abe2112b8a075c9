import { z } from 'zod';

import type { Deps } from '#src/deps.ts';
import { AppError } from '#src/errors.ts';
import { nothing, pageOf, shown, shownPage, tagged } from '#src/http/api/answer.ts';
import { idOf, idText, time } from '#src/http/api/fields.ts';
import { route, type ApiRequest } from '#src/http/api/route.ts';
import type { AppId, GrantId, TenantId, UserId } from '#src/ids.ts';
import type { Page, StoredRecord } from '#src/storage/record-store.ts';
import { knownTenant } from '#src/tenants/known-tenant.ts';

import type { Grant } from './grant.ts';
import { findGrantById, grantsOfApp, grantsOfUser, revokeGrant } from './grant-store.ts';
import { standingGrants } from './standing-grants.ts';

const grant = z
  .object({
    id: idText,
    tenant: idText,
    user: idText,
    app: idText,
    permissions: z.array(z.string()).readonly(),
    sharedAccess: z.boolean().meta({ description: 'Whether the member lets the app use what others delegated to them.' }),
    createdAt: time,
    updatedAt: time,
  })
  .meta({ id: 'Grant', description: 'What one member gave one app in one tenant.' });

const common = { tag: 'Grants' } as const;

export const consentRoutes = [
  route({
    ...common,
    method: 'get',
    path: '/tenants/{tenant}/grants',
    operationId: 'listGrants',
    summary: 'List the grants of a member, or those that an app holds in the tenant',
    scope: 'read',
    query: z.strictObject({ user: idOf<UserId>('a user').optional(), app: idOf<AppId>('an app').optional() }),
    answer: pageOf(grant),
    async handle(deps: Deps, { params: { tenant }, query, page }) {
      await knownTenant(deps, tenant);
      const found = await listed(deps, tenant, query, page);
      return shownPage({ ...found, records: await standingGrants(deps, found.records) });
    },
  }),
  route({
    ...common,
    method: 'get',
    path: '/tenants/{tenant}/grants/{grant}',
    operationId: 'getGrant',
    summary: 'Read a grant',
    scope: 'read',
    answer: tagged(grant),
    handle: async (deps: Deps, { params }) => shown(await grantIn(deps, params)),
  }),
  route({
    ...common,
    method: 'delete',
    path: '/tenants/{tenant}/grants/{grant}',
    operationId: 'revokeGrant',
    summary: 'Revoke a grant: every code and token from it is dead at once',
    scope: 'manage',
    answer: nothing,
    async handle(deps: Deps, { params, actor }) {
      const record = await grantIn(deps, params);
      if (!record || !(await revokeGrant(deps, record, actor))) throw new AppError('not_found');
    },
  }),
];

type Listed = { user?: UserId | undefined; app?: AppId | undefined };

function listed(deps: Deps, tenant: TenantId, { user, app }: Listed, page: ApiRequest['page']): Promise<Page<Grant>> {
  if (user !== undefined && app === undefined) return grantsOfUser(deps, tenant, user, page);
  if (app !== undefined && user === undefined) return grantsOfApp(deps, tenant, app, page);
  throw new AppError('invalid_request', { detail: 'Send user or app.' });
}

/** The grant, if it stands and is one of this tenant. */
async function grantIn(deps: Deps, { tenant, grant }: { tenant: TenantId; grant: GrantId }): Promise<StoredRecord<Grant> | undefined> {
  const record = await findGrantById(deps, grant);
  return record?.value.tenant === tenant ? (await standingGrants(deps, [record]))[0] : undefined;
}
