import { z } from 'zod';

import type { Deps } from '#src/deps.ts';
import { AppError } from '#src/errors.ts';
import { nothing, pageOf, plain, shown, shownPage, tagged } from '#src/http/api/answer.ts';
import { idOf, idText } from '#src/http/api/fields.ts';
import { route } from '#src/http/api/route.ts';
import type { UserId } from '#src/ids.ts';
import { knownTenant } from '#src/tenants/known-tenant.ts';
import { findMember } from '#src/tenants/member-store.ts';

import { refIn, RIGHTS, type ResourceRight } from './resource.ts';
import { giveRights, readRight, rightsOf, rightsOn, takeRight } from './right-store.ts';

const right = z.enum(RIGHTS).meta({ description: 'Each holds those before it, on the node and on all below it.' });
const resourceRight = z
  .object({ tenant: idText, kind: z.string(), resource: idText, user: idText, right })
  .meta({ id: 'ResourceRight', description: 'What a member may do on a node and on all below it. It ends with the stay in the tenant.' });

const shownRight = ({ tenant, node, user, right: held }: ResourceRight) => ({ tenant, kind: node.kind, resource: node.id, user, right: held });

const common = { tag: 'Resources' } as const;
const MOST_AT_ONCE = 500;

export const rightRoutes = [
  route({
    ...common,
    method: 'get',
    path: '/tenants/{tenant}/resources/{kind}/{resource}/rights',
    operationId: 'listRightsOnResource',
    summary: 'List the rights that were given on this very node',
    scope: 'read',
    answer: pageOf(resourceRight),
    handle: async (deps: Deps, { params, page }) => shownPage(await rightsOn(deps, params.tenant, refIn(params), page), shownRight),
  }),
  route({
    ...common,
    method: 'post',
    path: '/tenants/{tenant}/resources/{kind}/{resource}/rights',
    operationId: 'giveRights',
    summary: 'Give rights on a node to up to 500 members: all or none',
    scope: 'manage',
    body: z.strictObject({ rights: z.array(z.strictObject({ user: idOf<UserId>('a user'), right })).min(1).max(MOST_AT_ONCE) }),
    answer: plain(z.object({ items: z.array(resourceRight).readonly() })),
    errors: ['conflict'],
    async handle(deps: Deps, { params, body: { rights }, actor }) {
      const given = await giveRights(deps, { tenant: params.tenant, ref: refIn(params), rights, pointer: (place) => `/rights/${place}/user` }, actor);
      return { body: { items: given.map(shownRight) } };
    },
  }),
  route({
    ...common,
    method: 'put',
    path: '/tenants/{tenant}/resources/{kind}/{resource}/rights/{user}',
    operationId: 'giveRight',
    summary: 'Give a member a right on a node, in the place of what they had there',
    scope: 'manage',
    body: z.strictObject({ right }),
    answer: tagged(resourceRight),
    errors: ['conflict'],
    async handle(deps: Deps, { params, body, actor }) {
      const { tenant, user } = params;
      // Of somebody who is no member there is nothing here, as with any other unknown id.
      if (!(await findMember(deps, tenant, user))) throw new AppError('not_found');
      await giveRights(deps, { tenant, ref: refIn(params), rights: [{ user, right: body.right }], pointer: () => '/user' }, actor);
      return shown(await readRight(deps, tenant, refIn(params), user), shownRight);
    },
  }),
  route({
    ...common,
    method: 'delete',
    path: '/tenants/{tenant}/resources/{kind}/{resource}/rights/{user}',
    operationId: 'takeRight',
    summary: 'Take away what a member was given on this very node',
    scope: 'manage',
    answer: nothing,
    errors: ['conflict'],
    async handle(deps: Deps, { params, actor }) {
      const { tenant, user } = params;
      if (!(await takeRight(deps, { tenant, ref: refIn(params), user }, actor))) throw new AppError('not_found');
    },
  }),
  route({
    ...common,
    method: 'get',
    path: '/tenants/{tenant}/members/{user}/resource-rights',
    operationId: 'listRightsOfMember',
    summary: 'List what a member was given on nodes',
    scope: 'read',
    answer: pageOf(resourceRight),
    async handle(deps: Deps, { params: { tenant, user }, page }) {
      await knownTenant(deps, tenant);
      if (!(await findMember(deps, tenant, user))) throw new AppError('not_found');
      return shownPage(await rightsOf(deps, tenant, user, page), shownRight);
    },
  }),
];
