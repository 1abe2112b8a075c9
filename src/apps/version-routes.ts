import { z } from 'zod';

import type { Deps } from '#src/deps.ts';
import { at, created, pageOf, shown, shownPage, tagged } from '#src/http/api/answer.ts';
import { idText, permissionNames, time } from '#src/http/api/fields.ts';
import { route } from '#src/http/api/route.ts';
import { RIGHTS } from '#src/resources/resource.ts';

import { readApp, type AppDeps } from './app-store.ts';
import type { Version } from './app.ts';
import type { VersionRules } from './version-rules.ts';
import { createVersion, listVersions, publishVersion, readVersion, returnVersion, submitVersion, updateDraft } from './version-store.ts';

type VersionDeps = AppDeps & VersionRules;

const uris = z.array(z.string().max(2000)).max(100);
const launchUri = z.string().max(2000).nullable();
const requested = z.strictObject({ required: permissionNames.default([]), optional: permissionNames.default([]) });
const permissions = z.strictObject({ user: requested.optional(), tenant: requested.optional() });
const sharedAccess = z.boolean().meta({ description: 'Whether it can use what others delegated to the member.' });

const wantedRight = z.enum(RIGHTS);
const wantedResource = z.strictObject({
  kind: z.string().max(200).meta({ description: 'A kind of `config/resources.yaml`.', example: 'list' }),
  right: wantedRight,
  template: z.string().max(200).nullable().default(null).meta({ description: 'Only nodes made from it can be chosen; `null` for any.' }),
  required: z.boolean().default(false).meta({ description: 'Whether it is of no use without.' }),
});
const wantedResources = z.array(wantedResource).max(100);
const resources = z
  .strictObject({ user: wantedResources.default([]), tenant: wantedResources.default([]) })
  .meta({ description: 'What it may ask for on nodes of the resource tree, by identity; a person chooses the node.' });
const appOnly = z.boolean().meta({ description: 'Whether what a tenant gives it on nodes counts with no person in the call. Needed for `resources.tenant`.' });

const shownResource = z.object({ kind: z.string(), right: wantedRight, template: z.string().nullable(), required: z.boolean() });
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
    permissions: z.object({ user: names, tenant: names }).meta({ description: 'What the app may ask for at most, by identity. What it asks for on nodes stands here under the names by which tenants decide on it.' }),
    sharedAccess,
    resources: z.object({ user: z.array(shownResource).readonly(), tenant: z.array(shownResource).readonly() }),
    appOnly,
    createdAt: time,
  })
  .meta({ id: 'Version' });

const shownVersion = (value: Version) => ({ ...value, resources: value.resources ?? { user: [], tenant: [] }, appOnly: value.appOnly ?? false });

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
      return shownPage(await listVersions(deps, params.app, page), shownVersion);
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
      resources: resources.optional(),
      appOnly: appOnly.optional(),
    }),
    answer: created(version),
    async handle(deps: VersionDeps, { params: { app }, body, actor }) {
      const { id } = await createVersion(deps, { app, ...body }, actor);
      return { ...shown(await readVersion(deps, app, id), shownVersion), location: at`/apps/${app}/versions/${id}` };
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
    handle: async (deps: Deps, { params }) => shown(await readVersion(deps, params.app, params.version), shownVersion),
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
      resources: resources.optional(),
      appOnly: appOnly.optional(),
    }),
    answer: tagged(version),
    errors: ['conflict'],
    async handle(deps: VersionDeps, { params, body, ifVersion, actor }) {
      await updateDraft(deps, { ...params, ...body, ifVersion }, actor);
      return shown(await readVersion(deps, params.app, params.version), shownVersion);
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
      return shown(await readVersion(deps, params.app, params.version), shownVersion);
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
      return shown(await readVersion(deps, params.app, params.version), shownVersion);
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
      return shown(await readVersion(deps, params.app, params.version), shownVersion);
    },
  }),
];
