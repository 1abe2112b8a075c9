import { z } from 'zod';

import type { Deps } from '#src/deps.ts';
import { AppError } from '#src/errors.ts';
import { at, created, nothing, pageOf, shown, shownPage, tagged } from '#src/http/api/answer.ts';
import { idOf, idText, permissionNames, time } from '#src/http/api/fields.ts';
import { route } from '#src/http/api/route.ts';
import type { UserId } from '#src/ids.ts';

import type { DelegablePermissions } from './delegation.ts';
import { changeDelegation, delegationsFrom, delegationsTo, endDelegation, giveDelegation, readDelegation } from './delegation-store.ts';
import { knownTenant } from './known-tenant.ts';

const endsAt = time.nullable().meta({ description: 'When it ends by itself; `null` for never.' });
const delegation = z
  .object({ id: idText, tenant: idText, giver: idText, receiver: idText, permissions: z.array(z.string()).readonly(), createdAt: time, endsAt })
  .meta({ id: 'Delegation', description: "The receiver may act on the giver's data with these permissions." });

const common = { tag: 'Delegations' } as const;

export interface DelegationRoutesDeps extends Deps {
  readonly catalogue: DelegablePermissions;
}

export const delegationRoutes = [
  route({
    ...common,
    method: 'get',
    path: '/tenants/{tenant}/delegations',
    operationId: 'listDelegations',
    summary: 'List the delegations that a member gave, or received',
    scope: 'read',
    query: z.strictObject({ giver: idOf<UserId>('a user').optional(), receiver: idOf<UserId>('a user').optional() }),
    answer: pageOf(delegation),
    async handle(deps: Deps, { params: { tenant }, query: { giver, receiver }, page }) {
      await knownTenant(deps, tenant);
      if (giver !== undefined && receiver === undefined) return shownPage(await delegationsFrom(deps, tenant, giver, page));
      if (receiver !== undefined && giver === undefined) return shownPage(await delegationsTo(deps, tenant, receiver, page));
      throw new AppError('invalid_request', { detail: 'Send giver or receiver.' });
    },
  }),
  route({
    ...common,
    method: 'post',
    path: '/tenants/{tenant}/delegations',
    operationId: 'giveDelegation',
    summary: 'Let a member act on the data of another',
    scope: 'manage',
    body: z.strictObject({
      giver: idOf<UserId>('a user'),
      receiver: idOf<UserId>('a user'),
      permissions: permissionNames,
      endsAt: endsAt.default(null),
    }),
    answer: created(delegation),
    errors: ['conflict'],
    async handle(deps: DelegationRoutesDeps, { params: { tenant }, body, actor }) {
      await knownTenant(deps, tenant);
      const { id } = await giveDelegation(deps, { tenant, ...body }, actor);
      return { ...shown(await readDelegation(deps, tenant, id)), location: at`/tenants/${tenant}/delegations/${id}` };
    },
  }),
  route({
    ...common,
    method: 'get',
    path: '/tenants/{tenant}/delegations/{delegation}',
    operationId: 'getDelegation',
    summary: 'Read a delegation',
    scope: 'read',
    answer: tagged(delegation),
    handle: async (deps: Deps, { params }) => shown(await readDelegation(deps, params.tenant, params.delegation)),
  }),
  route({
    ...common,
    method: 'patch',
    path: '/tenants/{tenant}/delegations/{delegation}',
    operationId: 'changeDelegation',
    summary: 'Change the permissions or the end of a delegation',
    scope: 'manage',
    ifMatch: 'required',
    body: z.strictObject({ permissions: permissionNames.optional(), endsAt: endsAt.optional() }),
    answer: tagged(delegation),
    errors: ['conflict'],
    async handle(deps: DelegationRoutesDeps, { params: { tenant, delegation }, body, ifVersion, actor }) {
      await changeDelegation(deps, { tenant, id: delegation, ...body, ifVersion }, actor);
      return shown(await readDelegation(deps, tenant, delegation));
    },
  }),
  route({
    ...common,
    method: 'delete',
    path: '/tenants/{tenant}/delegations/{delegation}',
    operationId: 'endDelegation',
    summary: 'End a delegation',
    scope: 'manage',
    answer: nothing,
    async handle(deps: Deps, { params: { tenant, delegation }, actor }) {
      if (!(await endDelegation(deps, tenant, delegation, 'admin', actor))) throw new AppError('not_found');
    },
  }),
];
