import { z } from 'zod';

import type { Deps } from '#src/deps.ts';
import { AppError } from '#src/errors.ts';
import { at, created, nothing, pageOf, shown, shownPage, tagged } from '#src/http/api/answer.ts';
import { idOf, idText, time } from '#src/http/api/fields.ts';
import { route } from '#src/http/api/route.ts';
import type { UserId } from '#src/ids.ts';

import { knownTenant } from './known-tenant.ts';
import { addMember, changeMember, membersOf, readMember, removeMember } from './member-store.ts';

const role = z.string().min(1).max(128).meta({ description: '`owner`, `admin`, `member` or the id of a custom role of the tenant.' });
const status = z.enum(['active', 'inactive']);
export const member = z
  .object({ tenant: idText, user: idText, membership: idText.meta({ description: 'One stay in the tenant.' }), role, status, groups: z.array(idText).readonly(), joinedAt: time })
  .meta({ id: 'Member' });

const common = { tag: 'Members' } as const;

export const memberRoutes = [
  route({
    ...common,
    method: 'get',
    path: '/tenants/{tenant}/members',
    operationId: 'listMembers',
    summary: 'List the members of a tenant',
    scope: 'read',
    answer: pageOf(member),
    async handle(deps: Deps, { params, page }) {
      await knownTenant(deps, params.tenant);
      return shownPage(await membersOf(deps, params.tenant, page));
    },
  }),
  route({
    ...common,
    method: 'post',
    path: '/tenants/{tenant}/members',
    operationId: 'addMember',
    summary: 'Make a user a member',
    scope: 'manage',
    body: z.strictObject({ user: idOf<UserId>('a user'), role: role.default('member') }),
    answer: created(member),
    errors: ['conflict'],
    async handle(deps: Deps, { params: { tenant }, body, actor }) {
      const { user } = await addMember(deps, { tenant, ...body }, actor);
      return { ...shown(await readMember(deps, tenant, user)), location: at`/tenants/${tenant}/members/${user}` };
    },
  }),
  route({
    ...common,
    method: 'get',
    path: '/tenants/{tenant}/members/{user}',
    operationId: 'getMember',
    summary: 'Read a member',
    scope: 'read',
    answer: tagged(member),
    handle: async (deps: Deps, { params }) => shown(await readMember(deps, params.tenant, params.user)),
  }),
  route({
    ...common,
    method: 'patch',
    path: '/tenants/{tenant}/members/{user}',
    operationId: 'changeMember',
    summary: 'Change the role or status of a member',
    scope: 'manage',
    ifMatch: 'required',
    body: z.strictObject({ role: role.optional(), status: status.optional() }),
    answer: tagged(member),
    errors: ['conflict'],
    async handle(deps: Deps, { params, body, ifVersion, actor }) {
      await changeMember(deps, { ...params, ...body, ifVersion }, actor);
      return shown(await readMember(deps, params.tenant, params.user));
    },
  }),
  route({
    ...common,
    method: 'delete',
    path: '/tenants/{tenant}/members/{user}',
    operationId: 'removeMember',
    summary: 'Remove a member: grants and delegations of this stay end',
    scope: 'manage',
    ifMatch: 'optional',
    answer: nothing,
    errors: ['conflict'],
    async handle(deps: Deps, { params, ifVersion, actor }) {
      if (!(await removeMember(deps, { ...params, ifVersion }, actor))) throw new AppError('not_found');
    },
  }),
];
