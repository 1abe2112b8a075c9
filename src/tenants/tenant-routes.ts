import { z } from 'zod';

import type { Deps } from '#src/deps.ts';
import { at, created, pageOf, shown, shownPage, tagged } from '#src/http/api/answer.ts';
import { chosen, idText, name, searchText, time } from '#src/http/api/fields.ts';
import { route } from '#src/http/api/route.ts';

import { createTenant, listTenants, readTenant, renameTenant, searchTenants, setTenantStatus } from './tenant-store.ts';

const status = z.enum(['active', 'suspended']).meta({ description: 'While a tenant is suspended, nothing in it works.' });
const tenant = z.object({ id: idText, name, status, createdAt: time }).meta({ id: 'Tenant' });
const common = { tag: 'Tenants' } as const;

export const tenantRoutes = [
  route({
    ...common,
    method: 'get',
    path: '/tenants',
    operationId: 'listTenants',
    summary: 'List tenants, or those of a name',
    scope: 'read',
    query: z.strictObject({ search: searchText.optional() }),
    answer: pageOf(tenant),
    handle: async (deps: Deps, { query: { search }, page }) =>
      shownPage(await (search === undefined ? listTenants(deps, page) : searchTenants(deps, { text: search, ...page }))),
  }),
  route({
    ...common,
    method: 'post',
    path: '/tenants',
    operationId: 'createTenant',
    summary: 'Create a tenant',
    scope: 'manage',
    body: z.strictObject({ name, id: chosen }),
    answer: created(tenant),
    errors: ['conflict'],
    async handle(deps: Deps, { body, actor }) {
      const { id } = await createTenant(deps, body, actor);
      return { ...shown(await readTenant(deps, id)), location: at`/tenants/${id}` };
    },
  }),
  route({
    ...common,
    method: 'get',
    path: '/tenants/{tenant}',
    operationId: 'getTenant',
    summary: 'Read a tenant',
    scope: 'read',
    answer: tagged(tenant),
    handle: async (deps: Deps, { params }) => shown(await readTenant(deps, params.tenant)),
  }),
  route({
    ...common,
    method: 'patch',
    path: '/tenants/{tenant}',
    operationId: 'renameTenant',
    summary: 'Rename a tenant',
    scope: 'manage',
    ifMatch: 'required',
    body: z.strictObject({ name }),
    answer: tagged(tenant),
    errors: ['conflict'],
    async handle(deps: Deps, { params, body, ifVersion, actor }) {
      await renameTenant(deps, { id: params.tenant, ...body, ifVersion }, actor);
      return shown(await readTenant(deps, params.tenant));
    },
  }),
  route({
    ...common,
    method: 'put',
    path: '/tenants/{tenant}/status',
    operationId: 'setTenantStatus',
    summary: 'Suspend a tenant, or let it work again',
    scope: 'manage',
    ifMatch: 'optional',
    body: z.strictObject({ status }),
    answer: tagged(tenant),
    errors: ['conflict'],
    async handle(deps: Deps, { params, body, ifVersion, actor }) {
      await setTenantStatus(deps, { id: params.tenant, ...body, ifVersion }, actor);
      return shown(await readTenant(deps, params.tenant));
    },
  }),
];
