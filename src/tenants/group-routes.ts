import { z } from 'zod';

import type { Deps } from '#src/deps.ts';
import { AppError } from '#src/errors.ts';
import { at, created, nothing, pageOf, shown, shownPage, tagged } from '#src/http/api/answer.ts';
import { idText, name, time } from '#src/http/api/fields.ts';
import { route } from '#src/http/api/route.ts';

import { groupMembers, putInGroup, takeOutOfGroup } from './group-members.ts';
import { createGroup, groupsOf, readGroup, removeGroup, renameGroup } from './group-store.ts';
import { knownTenant } from './known-tenant.ts';
import { member } from './member-routes.ts';

const group = z.object({ id: idText, tenant: idText, name, createdAt: time }).meta({ id: 'Group', description: 'Members of a tenant under one name.' });

const common = { tag: 'Groups' } as const;

export const groupRoutes = [
  route({
    ...common,
    method: 'get',
    path: '/tenants/{tenant}/groups',
    operationId: 'listGroups',
    summary: 'List the groups of a tenant, by name',
    scope: 'read',
    answer: pageOf(group),
    async handle(deps: Deps, { params, page }) {
      await knownTenant(deps, params.tenant);
      return shownPage(await groupsOf(deps, params.tenant, page));
    },
  }),
  route({
    ...common,
    method: 'post',
    path: '/tenants/{tenant}/groups',
    operationId: 'createGroup',
    summary: 'Create a group',
    scope: 'manage',
    body: z.strictObject({ name }),
    answer: created(group),
    async handle(deps: Deps, { params: { tenant }, body, actor }) {
      const { id } = await createGroup(deps, { tenant, ...body }, actor);
      return { ...shown(await readGroup(deps, tenant, id)), location: at`/tenants/${tenant}/groups/${id}` };
    },
  }),
  route({
    ...common,
    method: 'get',
    path: '/tenants/{tenant}/groups/{group}',
    operationId: 'getGroup',
    summary: 'Read a group',
    scope: 'read',
    answer: tagged(group),
    handle: async (deps: Deps, { params }) => shown(await readGroup(deps, params.tenant, params.group)),
  }),
  route({
    ...common,
    method: 'patch',
    path: '/tenants/{tenant}/groups/{group}',
    operationId: 'renameGroup',
    summary: 'Rename a group',
    scope: 'manage',
    ifMatch: 'required',
    body: z.strictObject({ name }),
    answer: tagged(group),
    errors: ['conflict'],
    async handle(deps: Deps, { params: { tenant, group }, body, ifVersion, actor }) {
      await renameGroup(deps, { tenant, id: group, ...body, ifVersion }, actor);
      return shown(await readGroup(deps, tenant, group));
    },
  }),
  route({
    ...common,
    method: 'delete',
    path: '/tenants/{tenant}/groups/{group}',
    operationId: 'removeGroup',
    summary: 'Remove a group: what was open to it is open to its members no more',
    scope: 'manage',
    ifMatch: 'optional',
    answer: nothing,
    async handle(deps: Deps, { params: { tenant, group }, ifVersion, actor }) {
      if (!(await removeGroup(deps, { tenant, id: group, ifVersion }, actor))) throw new AppError('not_found');
    },
  }),
  route({
    ...common,
    method: 'get',
    path: '/tenants/{tenant}/groups/{group}/members',
    operationId: 'listGroupMembers',
    summary: 'List the members in a group',
    scope: 'read',
    answer: pageOf(member),
    async handle(deps: Deps, { params: { tenant, group }, page }) {
      shown(await readGroup(deps, tenant, group));
      return shownPage(await groupMembers(deps, tenant, group, page));
    },
  }),
  route({
    ...common,
    method: 'put',
    path: '/tenants/{tenant}/groups/{group}/members/{user}',
    operationId: 'putInGroup',
    summary: 'Put a member in a group',
    scope: 'manage',
    answer: nothing,
    errors: ['conflict'],
    handle: async (deps: Deps, { params, actor }) => void (await putInGroup(deps, params, actor)),
  }),
  route({
    ...common,
    method: 'delete',
    path: '/tenants/{tenant}/groups/{group}/members/{user}',
    operationId: 'takeOutOfGroup',
    summary: 'Take a member out of a group',
    scope: 'manage',
    answer: nothing,
    errors: ['conflict'],
    async handle(deps: Deps, { params, actor }) {
      if (!(await takeOutOfGroup(deps, params, actor))) throw new AppError('not_found');
    },
  }),
];
