import { z } from 'zod';

import { isTenantApp } from '#src/approvals/tenant-apps.ts';
import type { Deps } from '#src/deps.ts';
import { AppError } from '#src/errors.ts';
import { pageOf } from '#src/http/api/answer.ts';
import { idText, name, time } from '#src/http/api/fields.ts';
import { route } from '#src/http/api/route.ts';
import { lastUsesOfApps } from '#src/installations/last-use.ts';
import { knownTenant } from '#src/tenants/known-tenant.ts';

import { APP_STATES } from './app-state.ts';
import { appsOnAccount } from './apps-on-account.ts';
import { PERMISSION_TYPES, subscribersOf } from './subscribers.ts';

const state = z.enum(APP_STATES).meta({
  description:
    'What stops it comes first: `disabled` by the operator, `blocked` or `withdrawn` by the tenant, `suspended`. Then `in_review`, `approved`, `allowed` by the rules without an approval, or `uninstalled`: it has nothing here any more.',
});
const lastUse = time.nullable().meta({ description: 'A token of it was asked for or introspected then, at most about a minute later. `null` for not within 400 days.' });

const appOnAccount = z
  .object({
    app: idText,
    name,
    developer: z.object({ name, verified: z.boolean() }),
    state,
    subscribers: z
      .object({
        count: z.int(),
        more: z.boolean().meta({ description: 'There are more than `count`.' }),
        countedAt: time.nullable().meta({ description: 'A large number was counted then; `null` for now.' }),
      })
      .meta({ description: 'Members whose grant stands.' }),
    sharedAccess: z.boolean().meta({ description: 'Whether a member passes shared access on to it.' }),
    installation: idText.nullable(),
    review: idText.nullable().meta({ description: 'The review that is open.' }),
    lastUse,
  })
  .meta({ id: 'AppOnAccount', description: 'An app as it stands in a tenant.' });

const permissionType = z.enum(PERMISSION_TYPES).meta({ description: '`Admin` is who installed it for the whole tenant.' });
const subscriber = z
  .object({
    user: idText,
    name: name.nullable(),
    permissionType,
    grant: idText.nullable().meta({ description: 'What they gave it for themselves.' }),
    sharedAccess: z.boolean(),
    installation: idText.nullable(),
    status: z.enum(['active', 'inactive']).meta({ description: 'Of the member. While one is inactive, their grant gives nothing.' }),
    since: time,
    lastUse,
  })
  .meta({ id: 'Subscriber', description: 'A member who has an app.' });

const words = z.string().max(200).default('');
const yes = z.enum(['true', 'false']).default('false');
const common = { tag: 'Apps on account' } as const;

export const administrationRoutes = [
  route({
    ...common,
    method: 'get',
    path: '/tenants/{tenant}/apps',
    operationId: 'listAppsOnAccount',
    summary: 'List the apps that anybody in a tenant installed or decided on, by name',
    scope: 'read',
    query: z.strictObject({
      q: words.meta({ description: 'Beginnings of words of its name or its developer’s.' }),
      state: state.optional(),
      identity: z.enum(['user', 'tenant']).optional().meta({ description: 'Those that act for members, or as themselves.' }),
      sharedAccess: yes,
    }),
    answer: pageOf(appOnAccount),
    async handle(deps: Deps, { params: { tenant }, query, page }) {
      await knownTenant(deps, tenant);
      const filter = { text: query.q, state: query.state ?? '', identity: query.identity ?? '', sharedAccess: query.sharedAccess === 'true' } as const;
      const { apps, next } = await appsOnAccount(deps, tenant, filter, page);
      const uses = await lastUsesOfApps(deps, tenant, apps.map(({ id }) => id));
      const items = apps.map(({ id, app, installation, review, state, subscribers, sharedAccess }) => ({
        app: id,
        name: app?.name ?? id,
        developer: { name: app?.developer.name ?? '', verified: app?.developer.verified ?? false },
        state,
        subscribers,
        sharedAccess,
        installation: installation?.id ?? null,
        review: review ?? null,
        lastUse: uses.get(id) ?? null,
      }));
      return { items, next };
    },
  }),
  route({
    ...common,
    method: 'get',
    path: '/tenants/{tenant}/apps/{app}/subscribers',
    operationId: 'listSubscribers',
    summary: 'List the members who have an app: who installed it first, then the newest; with `q`, by name',
    scope: 'read',
    query: z.strictObject({
      q: words.meta({ description: 'Beginnings of words of the member’s name, or their whole e-mail address.' }),
      permissionType: permissionType.optional(),
    }),
    answer: pageOf(subscriber),
    async handle(deps: Deps, { params: { tenant, app }, query, page }) {
      await knownTenant(deps, tenant);
      if (!(await isTenantApp(deps, tenant, app))) throw new AppError('not_found');
      const { subscribers, next } = await subscribersOf(deps, tenant, app, { text: query.q, type: query.permissionType ?? '', ...page });
      const items = subscribers.map(({ user, person, member, type, grant, installation, since, lastUse }) => ({
        user,
        name: person?.name ?? null,
        permissionType: type,
        grant: grant?.id ?? null,
        sharedAccess: grant?.sharedAccess ?? false,
        installation: installation?.id ?? null,
        status: member.status,
        since,
        lastUse: lastUse ?? null,
      }));
      return { items, next };
    },
  }),
];
