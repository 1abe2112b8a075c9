import { z } from 'zod';

import { nothing, plain } from '#src/http/api/answer.ts';
import { idOf, idText, permissionNames } from '#src/http/api/fields.ts';
import { appRoute } from '#src/http/api/route.ts';
import type { UserId } from '#src/ids.ts';
import type { InstallationDeps } from '#src/installations/installed-app.ts';

import type { AppStanding } from './app-standing.ts';
import { askForMore, giveUp, ownStanding } from './own-view.ts';
import { PERMISSION_STATES, standingPermissions } from './permission-state.ts';

const identity = z.enum(['user', 'tenant']);

const ownState = z
  .object({
    tenant: idText,
    app: idText,
    version: idText.meta({ description: 'The version in use.' }),
    approval: z.enum(['none', 'approved', 'withdrawn', 'blocked']).meta({ description: 'What the tenant decided last about the app as a whole.' }),
    installation: z
      .object({ id: idText, status: z.enum(['active', 'suspended']), dataRange: z.object({ kind: z.enum(['all', 'some']) }) })
      .nullable()
      .meta({ description: 'The `sub` of tenant tokens, or `null` where the app is not installed.' }),
    permissions: z.array(
      z.object({
        permission: z.string(),
        identity,
        required: z.boolean(),
        state: z.enum(PERMISSION_STATES).meta({
          description:
            '`granted`: it is held. `approved`: it can be granted without asking. `in_review`, `denied`: what became of asking. `approval_required`: nobody was asked. `blocked`: it is not to be had.',
        }),
      }),
    ),
  })
  .meta({ id: 'OwnState', description: 'How an app stands in a tenant, for the app itself.' });

const asState = (standing: AppStanding): z.input<typeof ownState> => {
  const { app: { app, version, rules }, approval, installation } = standing;
  return {
    tenant: rules.tenant,
    app: app.id,
    version: version.id,
    approval: approval?.status ?? 'none',
    installation: installation ? { id: installation.value.id, status: installation.value.status, dataRange: { kind: installation.value.dataRange.kind } } : null,
    permissions: standingPermissions(standing).map(({ permission, identity, required, state }) => ({ permission, identity, required, state })),
  };
};

const user = idOf<UserId>('a member').optional();

const common = { tag: 'Apps about themselves' } as const;

export const ownRoutes = [
  appRoute({
    ...common,
    method: 'get',
    path: '/app/tenants/{tenant}',
    operationId: 'getOwnState',
    summary: 'How the app stands in a tenant: each permission that it declares, and its installation',
    description: 'With `user`, what that member granted counts as granted.',
    query: z.strictObject({ user }),
    answer: plain(ownState),
    async handle(deps: InstallationDeps, { params: { tenant }, query, actor }) {
      const standing = await ownStanding(deps, tenant, actor.id, query.user);
      return { body: asState(standing) };
    },
  }),
  appRoute({
    ...common,
    method: 'post',
    path: '/app/tenants/{tenant}/requests',
    operationId: 'askForPermissions',
    summary: "Put what the app lacks to the tenant's reviewers",
    description: 'Without `permissions`: whatever of its declared permissions needs a review.',
    body: z.strictObject({
      permissions: z.strictObject({ user: permissionNames.default([]), tenant: permissionNames.default([]) }).optional(),
      reason: z.string().max(2000).default('').meta({ description: 'For the reviewers, up to 500 characters.' }),
    }),
    answer: plain(
      z
        .object({
          answer: z.enum(['requested', 'already_asked', 'nothing_to_ask', 'blocked']).meta({ description: 'Asking too often is the error `too_many_requests`.' }),
          blocked: z.array(z.object({ permission: z.string(), identity })).meta({ description: 'What the tenant never gives, or the version does not declare.' }),
        })
        .meta({ id: 'OwnAsk' }),
    ),
    errors: ['too_many_requests', 'app_disabled', 'conflict'],
    handle: async (deps: InstallationDeps, { params: { tenant }, body, actor }) => ({ body: await askForMore(deps, { tenant, app: actor.id, ...body }) }),
  }),
  appRoute({
    ...common,
    method: 'delete',
    path: '/app/tenants/{tenant}/permissions',
    operationId: 'giveUpPermissions',
    summary: 'Give up optional permissions: of the installation, or of the grant of one member',
    query: z.strictObject({
      identity,
      permissions: z.string().min(1).max(4000).meta({ description: 'Names with spaces between them.', example: 'meetings:write rooms:read' }),
      user: user.meta({ description: 'Whose grant, for user identity.' }),
    }),
    answer: nothing,
    errors: ['conflict'],
    async handle(deps: InstallationDeps, { params: { tenant }, query, actor }) {
      await giveUp(deps, { tenant, app: actor.id, identity: query.identity, permissions: query.permissions.split(' ').filter(Boolean), user: query.user });
    },
  }),
];
