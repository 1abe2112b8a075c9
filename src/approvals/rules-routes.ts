import { z } from 'zod';

import type { Catalogue } from '#src/apps/catalogue.ts';
import type { Deps } from '#src/deps.ts';
import { plain, tagged } from '#src/http/api/answer.ts';
import { idText } from '#src/http/api/fields.ts';
import { route } from '#src/http/api/route.ts';
import type { TenantId } from '#src/ids.ts';
import { knownTenant } from '#src/tenants/known-tenant.ts';

import { changeRules, readRules } from './change-rules.ts';
import { exceptions, identities, levels, reviewers, sensitive, shownExceptions, shownReviewers, shownTrust, treatments, trust } from './fields.ts';
import { previewRulesChange, type UsageOf } from './preview-rules.ts';

export type RulesRoutesDeps = Deps & { readonly catalogue: Catalogue; readonly usageOf: UsageOf };

const rules = z
  .object({ tenant: idText, levels, sensitive, exceptions: shownExceptions, trust: shownTrust, reviewers: shownReviewers })
  .meta({ id: 'Rules', description: 'What a tenant does with requested permissions.' });
const changes = z.strictObject({
  levels: levels.optional(),
  sensitive: sensitive.optional(),
  exceptions: exceptions.optional(),
  trust: trust.optional(),
  reviewers: reviewers.optional(),
});
const preview = z.object({
  changes: z.array(
    z.object({
      app: idText,
      permissions: z.array(z.object({ permission: z.string(), identity: identities, from: treatments, to: treatments })).readonly(),
      availability: z.boolean().meta({ description: 'Whether the app is there for other members than before.' }),
      members: z.int().meta({ description: 'How many members allowed it something, counted up to about a thousand.' }),
      installed: z.boolean(),
    }),
  ),
  apps: z.int().meta({ description: 'How many apps were looked at.' }),
  more: z.boolean().meta({ description: 'Whether there are more apps than can be looked at.' }),
});

const common = { tag: 'Rules' } as const;

async function shownRules(deps: Deps, tenant: TenantId) {
  await knownTenant(deps, tenant);
  const { rules, version } = await readRules(deps, tenant);
  return { body: rules, version };
}

export const rulesRoutes = [
  route({
    ...common,
    method: 'get',
    path: '/tenants/{tenant}/rules',
    operationId: 'getRules',
    summary: 'Read the rules of a tenant',
    scope: 'read',
    answer: tagged(rules),
    handle: (deps: Deps, { params }) => shownRules(deps, params.tenant),
  }),
  route({
    ...common,
    method: 'patch',
    path: '/tenants/{tenant}/rules',
    operationId: 'changeRules',
    summary: 'Change the rules of a tenant; each member replaces what stands there',
    scope: 'manage',
    ifMatch: 'required',
    body: changes,
    answer: tagged(rules),
    errors: ['conflict'],
    async handle(deps: RulesRoutesDeps, { params: { tenant }, body, ifVersion, actor }) {
      await knownTenant(deps, tenant);
      await changeRules(deps, { tenant, changes: given(body), ifVersion }, actor);
      return shownRules(deps, tenant);
    },
  }),
  route({
    ...common,
    method: 'post',
    path: '/tenants/{tenant}/rules/preview',
    operationId: 'previewRules',
    summary: 'See what a change of the rules would do to the apps in use; nothing is changed',
    scope: 'manage',
    body: changes,
    answer: plain(preview),
    async handle(deps: RulesRoutesDeps, { params: { tenant }, body }) {
      await knownTenant(deps, tenant);
      const { changes, apps, more } = await previewRulesChange(deps, tenant, given(body));
      return {
        body: {
          changes: changes.map(({ app, usage: { members, installed }, ...change }) => ({ ...change, app: app.id, members, installed })),
          apps,
          more,
        },
      };
    },
  }),
];

/** What was left out is not to be changed, which `undefined` would do. */
const given = <T extends object>(body: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined)) as { [K in keyof T]?: Exclude<T[K], undefined> };
