import { z } from 'zod';

import type { Deps } from '#src/deps.ts';
import { AppError } from '#src/errors.ts';
import { nothing, pageOf, shown, shownPage, tagged } from '#src/http/api/answer.ts';
import { heldResources, idText, permissionNames, searchText, time } from '#src/http/api/fields.ts';
import { route } from '#src/http/api/route.ts';
import type { GroupId, UserId } from '#src/ids.ts';
import { readApp } from '#src/apps/app-store.ts';
import { knownTenant } from '#src/tenants/known-tenant.ts';

import { changeDataRange, changePermissions, resumeInstallation, suspendInstallation } from './change-installation.ts';
import { readInstalledApp, standingInstallationsOf, standingInstallationsOfApp, type InstallationDeps } from './installed-app.ts';
import { uninstall, uninstallEverything } from './uninstall.ts';

const ids = <T extends string>(what: string) =>
  z
    .array(z.string().min(1).max(128).transform((text) => text as T))
    .max(1000)
    .default([])
    .meta({ description: `Ids of ${what}.` });

const dataRange = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('all') }),
    z.strictObject({ kind: z.literal('some'), groups: ids<GroupId>('groups'), members: ids<UserId>('users') }),
  ])
  .meta({ description: 'Whose data tenant tokens reach: all members, or members of these groups and these members.' });

const shownRange = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('all') }),
  z.object({ kind: z.literal('some'), groups: z.array(z.string()).readonly(), members: z.array(z.string()).readonly() }),
]);

const status = z.enum(['active', 'suspended']).meta({ description: 'No tenant token of a suspended app works in the tenant.' });

const installation = z
  .object({
    id: idText.meta({ description: 'The `sub` of its tenant tokens.' }),
    tenant: idText,
    app: idText,
    version: idText.meta({ description: 'The version that was consented to last.' }),
    permissions: z.array(z.string()).readonly(),
    dataRange: shownRange,
    resources: heldResources,
    status,
    installedBy: idText,
    createdAt: time,
    updatedAt: time,
  })
  .meta({ id: 'Installation', description: 'An app in a tenant, acting as itself.' });

const common = { tag: 'Installations' } as const;

const INSTALLATION = '/tenants/{tenant}/installations/{app}';

export const installationsRoutes = [
  route({
    ...common,
    method: 'get',
    path: '/tenants/{tenant}/installations',
    operationId: 'listInstallations',
    summary: 'List the apps that are installed in a tenant',
    scope: 'read',
    answer: pageOf(installation),
    async handle(deps: Deps, { params: { tenant }, page }) {
      await knownTenant(deps, tenant);
      return shownPage(await standingInstallationsOf(deps, tenant, page));
    },
  }),
  route({
    ...common,
    method: 'get',
    path: '/apps/{app}/installations',
    operationId: 'listInstallationsOfApp',
    summary: 'List the tenants in which an app is installed, or those of a name',
    scope: 'read',
    query: z.strictObject({ search: searchText.optional() }),
    answer: pageOf(installation),
    async handle(deps: Deps, { params: { app }, query, page }) {
      shown(await readApp(deps, app));
      return shownPage(await standingInstallationsOfApp(deps, app, { ...query, ...page }));
    },
  }),
  route({
    ...common,
    method: 'get',
    path: INSTALLATION,
    operationId: 'getInstallation',
    summary: 'Read an installation',
    scope: 'read',
    answer: tagged(installation),
    handle: async (deps: InstallationDeps, { params: { tenant, app } }) => shown((await readInstalledApp(deps, tenant, app)).installation),
  }),
  route({
    ...common,
    method: 'put',
    path: `${INSTALLATION}/permissions`,
    operationId: 'changeInstalledPermissions',
    summary: 'Say what an installed app holds, within what the tenant allows; its tokens follow at once',
    scope: 'manage',
    ifMatch: 'required',
    body: z.strictObject({
      permissions: permissionNames,
      resources: z
        .array(z.strictObject({ kind: z.string().max(200), id: z.string().max(200) }))
        .max(1000)
        .optional()
        .meta({ description: 'Of the nodes that it holds, those that it keeps; without it, all.' }),
    }),
    answer: tagged(installation),
    errors: ['conflict'],
    async handle(deps: InstallationDeps, { params, body, ifVersion, actor }) {
      await changePermissions(deps, { ...params, ...body, ifVersion }, actor);
      return shown((await readInstalledApp(deps, params.tenant, params.app)).installation);
    },
  }),
  route({
    ...common,
    method: 'put',
    path: `${INSTALLATION}/data-range`,
    operationId: 'changeDataRange',
    summary: 'Say whose data an installed app reaches; its tokens follow at once',
    scope: 'manage',
    ifMatch: 'required',
    body: z.strictObject({ dataRange }),
    answer: tagged(installation),
    errors: ['conflict'],
    async handle(deps: InstallationDeps, { params, body, ifVersion, actor }) {
      await changeDataRange(deps, { ...params, ...body, ifVersion }, actor);
      return shown((await readInstalledApp(deps, params.tenant, params.app)).installation);
    },
  }),
  route({
    ...common,
    method: 'put',
    path: `${INSTALLATION}/status`,
    operationId: 'setInstallationStatus',
    summary: 'Suspend an installed app in the tenant, or let it work again',
    scope: 'manage',
    ifMatch: 'optional',
    body: z.strictObject({ status }),
    answer: tagged(installation),
    errors: ['conflict'],
    async handle(deps: InstallationDeps, { params, body, ifVersion, actor }) {
      const set = body.status === 'suspended' ? suspendInstallation : resumeInstallation;
      await set(deps, { ...params, ifVersion }, actor);
      return shown((await readInstalledApp(deps, params.tenant, params.app)).installation);
    },
  }),
  route({
    ...common,
    method: 'delete',
    path: INSTALLATION,
    operationId: 'uninstallApp',
    summary: "Uninstall an app: its tenant tokens are dead at once; with `everything`, also the approval and every member's grant",
    scope: 'manage',
    query: z.strictObject({ everything: z.enum(['true', 'false']).default('false') }),
    answer: nothing,
    errors: ['conflict'],
    async handle(deps: InstallationDeps, { params: { tenant, app }, query, actor }) {
      await knownTenant(deps, tenant);
      if (query.everything === 'true') {
        shown(await readApp(deps, app));
        return uninstallEverything(deps, { tenant, app }, actor);
      }
      if (!(await uninstall(deps, { tenant, app }, actor))) throw new AppError('not_found');
    },
  }),
];
