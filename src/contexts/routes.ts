import { z } from 'zod';

import type { Deps } from '#src/deps.ts';
import { AppError } from '#src/errors.ts';
import { at, created, nothing, pageOf, shown, shownPage, tagged } from '#src/http/api/answer.ts';
import { idOf, idText, time } from '#src/http/api/fields.ts';
import { route } from '#src/http/api/route.ts';
import type { UserId } from '#src/ids.ts';
import { knownTenant } from '#src/tenants/known-tenant.ts';

import { putMembers, removeMember } from './change-members.ts';
import { contextMembers, contextsOf, readContext, readContextMember, type ContextDeps } from './context-store.ts';
import type { ContextMember } from './context.ts';
import { endContext, openContext } from './open-context.ts';
import type { Placing } from './placing.ts';

export type ContextsRoutesDeps = ContextDeps;

/** As many as one commit may put somewhere. */
const MOST_AT_ONCE = 500;

const resource = z.object({ kind: z.string().max(100), id: z.string().min(1).max(200) }).meta({ description: 'The node of the resource tree that it belongs to.' });
const context = z
  .object({
    id: idText.meta({ description: 'Cannot be guessed. Only who was told it finds the context.' }),
    tenant: idText,
    kind: z.string().meta({ description: 'A kind of `config/contexts.yaml`.', example: 'meeting' }),
    title: z.string(),
    number: z.string().nullable().meta({ description: 'What people dial or type. It is used again and opens nothing here.' }),
    resource: resource.nullable(),
    status: z.enum(['open', 'ended']),
    createdAt: time,
    endedAt: time.nullable(),
  })
  .meta({ id: 'Context', description: 'Something people are in together, a meeting say.' });

const role = z.string().min(1).max(100).meta({ description: 'A role of the kind: `owner`, `cohost`, `participant`, `guest`.' });
const member = z
  .object({
    user: idText.nullable(),
    guest: z.string().nullable().meta({ description: 'The name that the platform has for somebody who is no member of the tenant.' }),
    role,
    joinedAt: time,
  })
  .meta({ id: 'ContextMember' });

const placing = z
  .strictObject({ user: idOf<UserId>('a member of the tenant').optional(), guest: z.string().min(1).max(200).optional(), role })
  .refine(({ user, guest }) => (user === undefined) !== (guest === undefined), 'Name a user or a guest, one of them.')
  .transform(({ user, guest = '', role: given }): Placing => (user === undefined ? { guest, role: given } : { user, role: given }));

const placings = z.array(placing).min(1).max(MOST_AT_ONCE);

const shownMember = ({ person, ...rest }: ContextMember) => ({
  ...rest,
  user: 'user' in person ? person.user : null,
  guest: 'guest' in person ? person.guest : null,
});

const common = { tag: 'Contexts' } as const;

export const contextsRoutes = [
  route({
    ...common,
    method: 'get',
    path: '/tenants/{tenant}/contexts',
    operationId: 'listContexts',
    summary: 'List the contexts of a tenant, latest first',
    scope: 'read',
    query: z.strictObject({ status: z.enum(['open', 'ended']).default('open') }),
    answer: pageOf(context),
    async handle(deps: Deps, { params, query, page }) {
      await knownTenant(deps, params.tenant);
      return shownPage(await contextsOf(deps, params.tenant, { ...query, ...page }));
    },
  }),
  route({
    ...common,
    method: 'post',
    path: '/tenants/{tenant}/contexts',
    operationId: 'openContext',
    summary: 'Open a context, with the people in it',
    description: 'Its id is made here. Keep it with the meeting, and tell it to those who are in it, never to others.',
    scope: 'manage',
    body: z.strictObject({
      kind: z.string().min(1).max(100),
      title: z.string().max(400),
      number: z.string().max(100).nullable().default(null),
      resource: resource.strict().nullable().default(null),
      members: placings,
    }),
    answer: created(context),
    errors: ['conflict'],
    async handle(deps: ContextsRoutesDeps, { params: { tenant }, body, actor }) {
      await knownTenant(deps, tenant);
      const { id } = await openContext(deps, { tenant, ...body }, actor);
      return { ...shown(await readContext(deps, tenant, id)), location: at`/tenants/${tenant}/contexts/${id}` };
    },
  }),
  route({
    ...common,
    method: 'get',
    path: '/tenants/{tenant}/contexts/{context}',
    operationId: 'getContext',
    summary: 'Read a context',
    scope: 'read',
    answer: tagged(context),
    handle: async (deps: Deps, { params }) => shown(await readContext(deps, params.tenant, params.context)),
  }),
  route({
    ...common,
    method: 'post',
    path: '/tenants/{tenant}/contexts/{context}/end',
    operationId: 'endContext',
    summary: 'End a context: nothing can be called in it any more',
    scope: 'manage',
    answer: tagged(context),
    errors: ['conflict'],
    async handle(deps: ContextsRoutesDeps, { params, actor }) {
      await endContext(deps, params.tenant, params.context, actor);
      return shown(await readContext(deps, params.tenant, params.context));
    },
  }),
  route({
    ...common,
    method: 'get',
    path: '/tenants/{tenant}/contexts/{context}/members',
    operationId: 'listContextMembers',
    summary: 'List who is in a context, by when they joined',
    scope: 'read',
    answer: pageOf(member),
    async handle(deps: Deps, { params: { tenant, context: id }, page }) {
      shown(await readContext(deps, tenant, id));
      return shownPage(await contextMembers(deps, tenant, id, page), shownMember);
    },
  }),
  route({
    ...common,
    method: 'post',
    path: '/tenants/{tenant}/contexts/{context}/members',
    operationId: 'putContextMembers',
    summary: `Let up to ${MOST_AT_ONCE} people in, or change their roles, in one step`,
    scope: 'manage',
    body: z.strictObject({ members: placings }),
    answer: nothing,
    errors: ['conflict'],
    handle: (deps: ContextsRoutesDeps, { params, body, actor }) => putMembers(deps, { ...params, people: body.members }, actor),
  }),
  route({
    ...common,
    method: 'put',
    path: '/tenants/{tenant}/contexts/{context}/members/{user}',
    operationId: 'putContextMember',
    summary: 'Let a member in, or change their role',
    description: 'The next decision knows it: nothing here is kept anywhere else.',
    scope: 'manage',
    body: z.strictObject({ role }),
    answer: tagged(member),
    errors: ['conflict'],
    async handle(deps: ContextsRoutesDeps, { params: { tenant, context: id, user }, body, actor }) {
      await putMembers(deps, { tenant, context: id, people: [{ user, ...body }], pointer: () => '/role' }, actor);
      return shown(await readContextMember(deps, { tenant, context: id, person: { user } }), shownMember);
    },
  }),
  route({
    ...common,
    method: 'delete',
    path: '/tenants/{tenant}/contexts/{context}/members/{user}',
    operationId: 'removeContextMember',
    summary: 'Take a member out of a context',
    scope: 'manage',
    answer: nothing,
    errors: ['conflict'],
    async handle(deps: ContextsRoutesDeps, { params: { tenant, context: id, user }, actor }) {
      if (!(await removeMember(deps, { tenant, context: id, person: { user } }, actor))) throw new AppError('not_found');
    },
  }),
  route({
    ...common,
    method: 'delete',
    path: '/tenants/{tenant}/contexts/{context}/guests/{guest}',
    operationId: 'removeContextGuest',
    summary: 'Take a guest out of a context',
    scope: 'manage',
    answer: nothing,
    async handle(deps: ContextsRoutesDeps, { params: { tenant, context: id, guest }, actor }) {
      if (!(await removeMember(deps, { tenant, context: id, person: { guest } }, actor))) throw new AppError('not_found');
    },
  }),
];
