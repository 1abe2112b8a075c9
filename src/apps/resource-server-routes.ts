import { z } from 'zod';

import type { Deps } from '#src/deps.ts';
import { AppError } from '#src/errors.ts';
import { at, createdOnce, nothing, pageOf, plain, shown, shownPage, tagged } from '#src/http/api/answer.ts';
import { chosen, idText, name, secretOnce, time } from '#src/http/api/fields.ts';
import { route } from '#src/http/api/route.ts';

import {
  listResourceServers,
  readResourceServer,
  registerResourceServer,
  removeResourceServer,
  rotateResourceServerSecret,
  updateResourceServer,
} from './resource-server-store.ts';

const audience = z.string().max(2000).meta({
  description: 'Its resource indicator (RFC 8707): an absolute URI without fragment.',
  example: 'https://api.platform.example/meetings',
});
const tokenFormat = z.enum(['opaque', 'jwt']).meta({ description: 'A JWT lives 300 s and cannot be taken back before.' });
const resourceServer = z
  .object({ id: idText.meta({ description: 'Its id for introspection.' }), name, audience, tokenFormat, createdAt: time })
  .meta({ id: 'ResourceServer', description: 'A platform API.' });
const withSecret = resourceServer.extend({ secret: secretOnce }).meta({ id: 'ResourceServerWithSecret' });

const common = { tag: 'Resource servers' } as const;

export const resourceServerRoutes = [
  route({
    ...common,
    method: 'get',
    path: '/resource-servers',
    operationId: 'listResourceServers',
    summary: 'List resource servers',
    scope: 'read',
    answer: pageOf(resourceServer),
    handle: async (deps: Deps, { page }) => shownPage(await listResourceServers(deps, page)),
  }),
  route({
    ...common,
    method: 'post',
    path: '/resource-servers',
    operationId: 'registerResourceServer',
    summary: 'Register a resource server',
    scope: 'manage',
    body: z.strictObject({ name, audience, tokenFormat: tokenFormat.default('opaque'), id: chosen }),
    answer: createdOnce(withSecret),
    errors: ['conflict'],
    async handle(deps: Deps, { body, actor }) {
      const { resourceServer, secret } = await registerResourceServer(deps, body, actor);
      return { body: { ...resourceServer, secret }, location: at`/resource-servers/${resourceServer.id}` };
    },
  }),
  route({
    ...common,
    method: 'get',
    path: '/resource-servers/{resourceServer}',
    operationId: 'getResourceServer',
    summary: 'Read a resource server',
    scope: 'read',
    answer: tagged(resourceServer),
    handle: async (deps: Deps, { params }) => shown(await readResourceServer(deps, params.resourceServer)),
  }),
  route({
    ...common,
    method: 'patch',
    path: '/resource-servers/{resourceServer}',
    operationId: 'updateResourceServer',
    summary: 'Change the name or the token format of a resource server',
    scope: 'manage',
    ifMatch: 'required',
    body: z.strictObject({ name: name.optional(), tokenFormat: tokenFormat.optional() }),
    answer: tagged(resourceServer),
    errors: ['conflict'],
    async handle(deps: Deps, { params, body, ifVersion, actor }) {
      await updateResourceServer(deps, { id: params.resourceServer, ...body, ifVersion }, actor);
      return shown(await readResourceServer(deps, params.resourceServer));
    },
  }),
  route({
    ...common,
    method: 'post',
    path: '/resource-servers/{resourceServer}/secret',
    operationId: 'rotateResourceServerSecret',
    summary: 'Give a resource server another secret; the old one stops at once',
    scope: 'manage',
    ifMatch: 'optional',
    answer: plain(withSecret),
    errors: ['conflict'],
    async handle(deps: Deps, { params, ifVersion, actor }) {
      const { resourceServer, secret } = await rotateResourceServerSecret(deps, { id: params.resourceServer, ifVersion }, actor);
      return { body: { ...resourceServer, secret } };
    },
  }),
  route({
    ...common,
    method: 'delete',
    path: '/resource-servers/{resourceServer}',
    operationId: 'removeResourceServer',
    summary: 'Remove a resource server; it can no longer introspect',
    scope: 'manage',
    ifMatch: 'optional',
    answer: nothing,
    errors: ['conflict'],
    async handle(deps: Deps, { params, ifVersion, actor }) {
      if (!(await removeResourceServer(deps, { id: params.resourceServer, ifVersion }, actor))) throw new AppError('not_found');
    },
  }),
];
