import { z } from 'zod';

import type { Deps } from '#src/deps.ts';
import { AppError } from '#src/errors.ts';
import { nothing, pageOf, shown, shownPage, tagged } from '#src/http/api/answer.ts';
import { heldResources, idOf, idText, permissionNames, time } from '#src/http/api/fields.ts';
import { route, type ApiRequest } from '#src/http/api/route.ts';
import type { AppId, GrantId, TenantId, UserId } from '#src/ids.ts';
import { lastUses } from '#src/installations/last-use.ts';
import type { Page, StoredRecord } from '#src/storage/record-store.ts';
import { knownTenant } from '#src/tenants/known-tenant.ts';

import type { Grant } from './grant.ts';
import { confirmNoGrant, findGrantById, grantsOfApp, grantsOfUser, revokeGrant } from './grant-store.ts';
import { limitGrant } from './narrow-grant.ts';
import { standingGrants } from './standing-grants.ts';

const grant = z
  .object({
    id: idText,
    tenant: idText,
    user: idText,
    app: idText,
    permissions: z.array(z.string()).readonly(),
    resources: heldResources,
    sharedAccess: z.boolean().meta({ description: 'Whether the member lets the app use what others delegated to them.' }),
    createdAt: time,
    updatedAt: time,
    lastUsedAt: time.nullable().meta({ description: 'When the app used it last, at most a minute old; `null` when it was not used for a year, or never.' }),
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
      const records = await standingGrants(deps, found.records);
      return shownPage({ ...found, records }, withLastUse(await lastUses(deps, records.map(({ value }) => value))));
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
    handle: async (deps: Deps, { params }) => shownGrant(deps, await grantIn(deps, params)),
  }),
  route({
    ...common,
    method: 'patch',
    path: '/tenants/{tenant}/grants/{grant}',
    operationId: 'limitGrant',
    summary: 'Take permissions or shared access out of a grant: live tokens lose them at once',
    description: 'More than is granted only the member can give, on pages of their own.',
    scope: 'manage',
    ifMatch: 'required',
    body: z.strictObject({
      permissions: permissionNames.optional().meta({ description: 'What is left of those that are granted.' }),
      sharedAccess: z.literal(false).optional(),
    }),
    answer: tagged(grant),
    errors: ['conflict'],
    async handle(deps: Deps, { params, body, ifVersion, actor }) {
      const record = await grantIn(deps, params);
      if (!record) throw new AppError('not_found');
      await limitGrant(deps, record.value, { ...body, ifVersion }, actor);
      return shownGrant(deps, await grantIn(deps, params));
    },
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
      if (!record) await confirmNoGrant(deps, params.grant);
      if (!record || !(await revokeGrant(deps, record, actor))) throw new AppError('not_found');
    },
  }),
];

const withLastUse =
  (uses: ReadonlyMap<string, string>) =>
  (value: Grant): Grant & { lastUsedAt: string | null } => ({ ...value, lastUsedAt: uses.get(value.id) ?? null });

const shownGrant = async (deps: Deps, record: StoredRecord<Grant> | undefined) =>
  shown(record, withLastUse(record ? await lastUses(deps, [record.value]) : new Map()));

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
