import { z } from 'zod';

import type { Deps } from '#src/deps.ts';
import { at, created, pageOf, shown, shownPage, tagged } from '#src/http/api/answer.ts';
import { idText, permissionNames, time } from '#src/http/api/fields.ts';
import { route } from '#src/http/api/route.ts';

import { readApp, type AppDeps } from './app-store.ts';
import type { Catalogue } from './catalogue.ts';
import { createVersion, listVersions, publishVersion, readVersion, returnVersion, submitVersion, updateDraft } from './version-store.ts';

type VersionDeps = AppDeps & { readonly catalogue: Catalogue };

const uris = z.array(z.string().max(2000)).max(100);
const launchUri = z.string().max(2000).nullable();
const requested = z.strictObject({ required: permissionNames.default([]), optional: permissionNames.default([]) });
const permissions = z.strictObject({ user: requested.optional(), tenant: requested.optional() });
const sharedAccess = z.boolean().meta({ description: 'Whether it can use what others delegated to the member.' });

const names = z.object({ required: z.array(z.string()).readonly(), optional: z.array(z.string()).readonly() });
const version = z
  .object({
    id: idText,
    app: idText,
    number: z.int().meta({ description: 'Counts up from 1 within the app.' }),
    status: z.enum(['draft', 'submitted', 'live', 'retired']),
    redirectUris: z.array(z.string()).readonly(),
    postLogoutRedirectUris: z.array(z.string()).readonly(),
    launchUri,
    permissions: z.object({ user: names, tenant: names }).meta({ description: 'What the app may ask for at most, by identity.' }),
    sharedAccess,
    createdAt: time,
  })
  .meta({ id: 'Version' });

const common = { tag: 'Versions' } as const;

export const versionRoutes = [
  route({
    ...common,
    method: 'get',
    path: '/apps/{app}/versions',
    operationId: 'listVersions',
    summary: 'List the versions of an app, the newest first',
    scope: 'read',
    answer: pageOf(version),
    async handle(deps: Deps, { params, page }) {
      shown(await readApp(deps, params.app));
      return shownPage(await listVersions(deps, params.app, page));
    },
  }),
  route({
    ...common,
    method: 'post',
    path: '/apps/{app}/versions',
    operationId: 'createVersion',
    summary: 'Create a draft; it changes nothing until it is published',
    scope: 'manage',
    body: z.strictObject({
      redirectUris: uris,
      postLogoutRedirectUris: uris.optional(),
      launchUri: launchUri.optional(),
      permissions,
      sharedAccess: sharedAccess.optional(),
    }),
    answer: created(version),
    async handle(deps: VersionDeps, { params: { app }, body, actor }) {
      const { id } = await createVersion(deps, { app, ...body }, actor);
      return { ...shown(await readVersion(deps, app, id)), location: at`/apps/${app}/versions/${id}` };
    },
  }),
  route({
    ...common,
    method: 'get',
    path: '/apps/{app}/versions/{version}',
    operationId: 'getVersion',
    summary: 'Read a version',
    scope: 'read',
    answer: tagged(version),
    handle: async (deps: Deps, { params }) => shown(await readVersion(deps, params.app, params.version)),
  }),
  route({
    ...common,
    method: 'patch',
    path: '/apps/{app}/versions/{version}',
    operationId: 'updateDraft',
    summary: 'Change a draft',
    scope: 'manage',
    ifMatch: 'required',
    body: z.strictObject({
      redirectUris: uris.optional(),
      postLogoutRedirectUris: uris.optional(),
      launchUri: launchUri.optional(),
      permissions: permissions.optional(),
      sharedAccess: sharedAccess.optional(),
    }),
    answer: tagged(version),
    errors: ['conflict'],
    async handle(deps: VersionDeps, { params, body, ifVersion, actor }) {
      await updateDraft(deps, { ...params, ...body, ifVersion }, actor);
      return shown(await readVersion(deps, params.app, params.version));
    },
  }),
  route({
    ...common,
    method: 'post',
    path: '/apps/{app}/versions/{version}/submit',
    operationId: 'submitVersion',
    summary: 'Hand a draft in; it waits to be published, and the version in use works on',
    scope: 'manage',
    answer: tagged(version),
    errors: ['conflict'],
    async handle(deps: AppDeps, { params, actor }) {
      await submitVersion(deps, params, actor);
      return shown(await readVersion(deps, params.app, params.version));
    },
  }),
  route({
    ...common,
    method: 'post',
    path: '/apps/{app}/versions/{version}/return',
    operationId: 'returnVersion',
    summary: 'Make a submitted version a draft again',
    scope: 'manage',
    answer: tagged(version),
    errors: ['conflict'],
    async handle(deps: AppDeps, { params, actor }) {
      await returnVersion(deps, params, actor);
      return shown(await readVersion(deps, params.app, params.version));
    },
  }),
  route({
    ...common,
    method: 'post',
    path: '/apps/{app}/versions/{version}/publish',
    operationId: 'publishVersion',
    summary: 'Put a version in use; the version before it retires',
    scope: 'manage',
    answer: tagged(version),
    errors: ['conflict'],
    async handle(deps: AppDeps, { params, actor }) {
      await publishVersion(deps, params, actor);
      return shown(await readVersion(deps, params.app, params.version));
    },
  }),
];
