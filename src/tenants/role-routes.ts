import { z } from 'zod';

import type { Deps } from '#src/deps.ts';
import { AppError } from '#src/errors.ts';
import { at, created, nothing, pageOf, shown, shownPage, tagged } from '#src/http/api/answer.ts';
import { idText, name } from '#src/http/api/fields.ts';
import { route } from '#src/http/api/route.ts';

import { knownTenant } from './known-tenant.ts';
import { CAPABILITIES } from './role.ts';
import { createRole, readRole, removeRole, rolesOf, updateRole } from './role-store.ts';

const capabilities = z.array(z.enum(CAPABILITIES)).max(CAPABILITIES.length).readonly();
const role = z.object({ id: idText, tenant: idText, name, capabilities }).meta({ id: 'Role', description: 'A role that the tenant made for itself.' });

const common = { tag: 'Roles' } as const;

export const roleRoutes = [
  route({
    ...common,
    method: 'get',
    path: '/tenants/{tenant}/roles',
    operationId: 'listRoles',
    summary: 'List the custom roles of a tenant',
    scope: 'read',
    answer: pageOf(role),
    async handle(deps: Deps, { params, page }) {
      await knownTenant(deps, params.tenant);
      return shownPage(await rolesOf(deps, params.tenant, page));
    },
  }),
  route({
    ...common,
    method: 'post',
    path: '/tenants/{tenant}/roles',
    operationId: 'createRole',
    summary: 'Create a custom role',
    scope: 'manage',
    body: z.strictObject({ name, capabilities }),
    answer: created(role),
    async handle(deps: Deps, { params: { tenant }, body, actor }) {
      const { id } = await createRole(deps, { tenant, ...body }, actor);
      return { ...shown(await readRole(deps, tenant, id)), location: at`/tenants/${tenant}/roles/${id}` };
    },
  }),
  route({
    ...common,
    method: 'get',
    path: '/tenants/{tenant}/roles/{role}',
    operationId: 'getRole',
    summary: 'Read a custom role',
    scope: 'read',
    answer: tagged(role),
    handle: async (deps: Deps, { params }) => shown(await readRole(deps, params.tenant, params.role)),
  }),
  route({
    ...common,
    method: 'patch',
    path: '/tenants/{tenant}/roles/{role}',
    operationId: 'updateRole',
    summary: 'Change the name or the capabilities of a custom role',
    scope: 'manage',
    ifMatch: 'required',
    body: z.strictObject({ name: name.optional(), capabilities: capabilities.optional() }),
    answer: tagged(role),
    errors: ['conflict'],
    async handle(deps: Deps, { params: { tenant, role }, body, ifVersion, actor }) {
      await updateRole(deps, { tenant, id: role, ...body, ifVersion }, actor);
      return shown(await readRole(deps, tenant, role));
    },
  }),
  route({
    ...common,
    method: 'delete',
    path: '/tenants/{tenant}/roles/{role}',
    operationId: 'removeRole',
    summary: 'Remove a custom role that no member has',
    scope: 'manage',
    ifMatch: 'optional',
    answer: nothing,
    errors: ['conflict'],
    async handle(deps: Deps, { params: { tenant, role }, ifVersion, actor }) {
      if (!(await removeRole(deps, { tenant, id: role, ifVersion }, actor))) throw new AppError('not_found');
    },
  }),
];
