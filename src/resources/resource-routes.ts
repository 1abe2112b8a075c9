import { z } from 'zod';

import type { Deps } from '#src/deps.ts';
import { AppError } from '#src/errors.ts';
import { nothing, pageOf, plain, shown, shownPage, tagged } from '#src/http/api/answer.ts';
import { idText, time } from '#src/http/api/fields.ts';
import { route } from '#src/http/api/route.ts';
import type { TenantId } from '#src/ids.ts';
import { knownTenant } from '#src/tenants/known-tenant.ts';

import { deleteResource, recycleResource, restoreResource } from './change-resource.ts';
import { placeResources, type ResourceDeps } from './place-resources.ts';
import { refIn, type NamedInPath } from './resource.ts';
import { childrenOf, knownResource, resourcesOfKind } from './resource-store.ts';

const kindName = z.string().max(200).meta({ description: 'A kind of `config/resources.yaml`.', example: 'list' });
const id = z.string().min(1).max(200).meta({ description: 'As the platform names it: 1 to 200 characters.', example: 'tasks-2026' });
const title = z.string().max(400).meta({ description: '1 to 200 characters, none invisible.', example: 'Tasks 2026' });
const template = z.string().max(200).nullable().meta({ description: 'What it was made from, one of the templates of its kind.' });
const ref = z.strictObject({ kind: kindName, id });
const parent = ref.nullable().meta({ description: 'What it stands under; `null` at the top.' });

const shownRef = z.object({ kind: z.string(), id: z.string() });
const resource = z
  .object({
    kind: z.string(),
    id: idText,
    tenant: idText,
    title: z.string(),
    parent: shownRef.nullable(),
    template: z.string().nullable(),
    status: z.enum(['active', 'recycled']),
    createdAt: time,
    updatedAt: time,
  })
  .meta({ id: 'Resource', description: 'A node of the resource tree.' });
const above = z.array(z.object({ kind: z.string(), id: z.string(), title: z.string(), status: z.enum(['active', 'recycled']) })).readonly();

const common = { tag: 'Resources' } as const;
const MOST_AT_ONCE = 500;

const changed = async (deps: Deps, params: NamedInPath & { readonly tenant: TenantId }) => shown((await knownResource(deps, params.tenant, refIn(params))).record);

export const resourceRoutes = [
  route({
    ...common,
    method: 'get',
    path: '/resource-kinds',
    operationId: 'listResourceKinds',
    summary: 'List the kinds of nodes, from the top downwards',
    scope: 'read',
    answer: plain(
      z.object({
        items: z
          .array(
            z.object({
              name: z.string(),
              title: z.string(),
              parents: z.array(z.string()).readonly(),
              templates: z.array(z.string()).readonly(),
              pick: z.enum(['one', 'several']).meta({ description: 'How many a person chooses for one thing that an app asks for.' }),
            }),
          )
          .readonly(),
      }),
    ),
    handle: async ({ resourceKinds }: ResourceDeps) => ({ body: { items: resourceKinds.kinds } }),
  }),
  route({
    ...common,
    method: 'get',
    path: '/tenants/{tenant}/resources',
    operationId: 'listResources',
    summary: 'List nodes by title: those under a node, or all of a kind',
    description: 'Without filters, those at the top. `search` finds nodes of the kind whose title, or a word of it, begins with it.',
    scope: 'read',
    query: z.strictObject({ parentKind: kindName.optional(), parent: id.optional(), kind: kindName.optional(), search: title.optional() }),
    answer: pageOf(resource),
    async handle(deps: Deps, { params: { tenant }, query, page }) {
      await knownTenant(deps, tenant);
      const byParent = query.parent !== undefined || query.parentKind !== undefined;
      if (byParent ? query.parent === undefined || query.parentKind === undefined || query.kind !== undefined || query.search !== undefined : query.search !== undefined && query.kind === undefined) {
        throw new AppError('invalid_request', { detail: 'Send parentKind and parent, or kind, which search goes with.' });
      }
      const { kind, parent: parentId, parentKind, search: words } = query;
      if (kind !== undefined) return shownPage(await resourcesOfKind(deps, tenant, { kind, words }, page));
      return shownPage(await childrenOf(deps, tenant, parentId === undefined || parentKind === undefined ? null : { kind: parentKind, id: parentId }, page));
    },
  }),
  route({
    ...common,
    method: 'post',
    path: '/tenants/{tenant}/resources',
    operationId: 'putResources',
    summary: 'Register or change up to 500 nodes: all or none',
    description: 'A node comes after the one that it stands under. One that is there is changed, and moved where its parent is another.',
    scope: 'manage',
    body: z.strictObject({ nodes: z.array(z.strictObject({ kind: kindName, id, title, parent, template: template.optional() })).min(1).max(MOST_AT_ONCE) }),
    answer: plain(z.object({ items: z.array(resource).readonly() })),
    errors: ['conflict'],
    async handle(deps: ResourceDeps, { params: { tenant }, body: { nodes }, actor }) {
      await knownTenant(deps, tenant);
      return { body: { items: await placeResources(deps, { tenant, nodes, pointer: (place) => `/nodes/${place}` }, actor) } };
    },
  }),
  route({
    ...common,
    method: 'get',
    path: '/tenants/{tenant}/resources/{kind}/{resource}',
    operationId: 'getResource',
    summary: 'Read a node, with what stands above it',
    scope: 'read',
    answer: tagged(resource.extend({ above: above.meta({ description: 'From the top. What lies under a recycled node cannot be reached.' }) }).meta({ id: 'ResourceWithAbove' })),
    async handle(deps: Deps, { params }) {
      const { record, nodes } = await knownResource(deps, params.tenant, refIn(params));
      return shown(record, (node) => ({ ...node, above: nodes.slice(1).map(({ value }) => value).toReversed() }));
    },
  }),
  route({
    ...common,
    method: 'patch',
    path: '/tenants/{tenant}/resources/{kind}/{resource}',
    operationId: 'updateResource',
    summary: 'Change the title or the template of a node',
    scope: 'manage',
    ifMatch: 'required',
    body: z.strictObject({ title: title.optional(), template: template.optional() }),
    answer: tagged(resource),
    errors: ['conflict'],
    async handle(deps: ResourceDeps, { params, body, ifVersion, actor }) {
      const { parent: stands } = (await knownResource(deps, params.tenant, refIn(params))).record.value;
      await placeResources(deps, { tenant: params.tenant, nodes: [{ ...refIn(params), ...body, parent: stands }], ifVersion }, actor);
      return changed(deps, params);
    },
  }),
  route({
    ...common,
    method: 'delete',
    path: '/tenants/{tenant}/resources/{kind}/{resource}',
    operationId: 'deleteResource',
    summary: 'Delete a node with all below it: rights and grants on these end',
    scope: 'manage',
    ifMatch: 'optional',
    answer: nothing,
    errors: ['conflict'],
    async handle(deps: Deps, { params, ifVersion, actor }) {
      await knownTenant(deps, params.tenant);
      if (!(await deleteResource(deps, { tenant: params.tenant, ref: refIn(params), ifVersion }, actor))) throw new AppError('not_found');
    },
  }),
  route({
    ...common,
    method: 'post',
    path: '/tenants/{tenant}/resources/{kind}/{resource}/move',
    operationId: 'moveResource',
    summary: 'Move a node, with all below it',
    scope: 'manage',
    ifMatch: 'optional',
    body: z.strictObject({ parent }),
    answer: tagged(resource),
    errors: ['conflict'],
    async handle(deps: ResourceDeps, { params, body, ifVersion, actor }) {
      await knownResource(deps, params.tenant, refIn(params));
      await placeResources(deps, { tenant: params.tenant, nodes: [{ ...refIn(params), parent: body.parent }], ifVersion }, actor);
      return changed(deps, params);
    },
  }),
  route({
    ...common,
    method: 'post',
    path: '/tenants/{tenant}/resources/{kind}/{resource}/recycle',
    operationId: 'recycleResource',
    summary: 'Put a node in the recycle bin: nobody reaches it, or what is below it',
    scope: 'manage',
    ifMatch: 'optional',
    answer: tagged(resource),
    errors: ['conflict'],
    async handle(deps: Deps, { params, ifVersion, actor }) {
      await recycleResource(deps, { tenant: params.tenant, ref: refIn(params), ifVersion }, actor);
      return changed(deps, params);
    },
  }),
  route({
    ...common,
    method: 'post',
    path: '/tenants/{tenant}/resources/{kind}/{resource}/restore',
    operationId: 'restoreResource',
    summary: 'Take a node back out of the recycle bin, with the rights and grants on it',
    scope: 'manage',
    ifMatch: 'optional',
    answer: tagged(resource),
    errors: ['conflict'],
    async handle(deps: Deps, { params, ifVersion, actor }) {
      await restoreResource(deps, { tenant: params.tenant, ref: refIn(params), ifVersion }, actor);
      return changed(deps, params);
    },
  }),
];
